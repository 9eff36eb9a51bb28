"""The section of a report's page that has a paper's figures beside those measured."""

from collections.abc import Sequence
from html import escape

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.published import Published
from paretocaps.report.html import definitions_html, table_html
from paretocaps.report.measured_beside_published import beside, beside_table


def published_section(
    published: Published,
    front: FrontRecord,
    trials: Sequence[FrontMember],
    devices: Sequence[str],
    seeds: Sequence[int],
    amount: str = "",
) -> str:
    """Return the section "Published and measured": each group of columns says whose figures it has.

    Args:
        published: what the paper prints.
        front: the page's, which knows the devices.
        trials: all finished trials with what was measured of them; the front's where there are no others.
        devices: the names of those they were measured on.
        seeds: what they were trained with.
        amount: how much they were trained, in words.
    """
    mixed = len(front.devices) > 1 and front.device is None and front.scaled_to is None
    everyone = {member.trial: member for member in (*front.members, *trials)}
    lines = beside(published, [everyone[number] for number in sorted(everyone)], timed=not mixed)
    table, second = beside_table(lines, published.figures)
    groups = [("published, not measured here", second), ("measured here", len(table.headings) - second)]
    where = "\n".join([*devices, *([front.measured_on] if front.measured_on else [])]) or "not recorded"
    trained = f"\ntrained: {amount}" if amount else ""
    seeded = ", ".join(map(str, seeds)) or "not recorded"
    facts = {
        "published": f"{published.source}\ndevice: {published.device}",
        "measured": f"device: {where}\nseeds: {seeded}{trained}\n{_HOW}",
    }
    left_out = "<p class='soft'>Times and memory are of several devices, and left out.</p>" if mixed else ""
    notes = {line.name: line.note for line in lines if line.note}
    return (
        f"<h2>Published and measured</h2><p>{escape(_WHY)}</p>"
        f"{definitions_html(facts)}<br>{table_html(table, groups)}{left_out}"
        f"{definitions_html(notes) if notes else ''}"
    )


_WHY = "Nothing of what is published is in the tables and figures above, or has steered the study."
_HOW = (
    "the epoch is the best on validation images; test accuracy is measured once, at that epoch, and is the"
    " mean over the seeds"
)
