"""The section of a report that compares published figures with measured ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.published import Published
from paretocaps.report.measured_beside_published import beside, beside_table
from paretocaps.report.tables import Table

_HOW = (
    "the epoch is the best on validation images; test accuracy is measured once, at that epoch, and is the"
    " mean over the seeds"
)


@dataclass(frozen=True)
class PublishedSection:
    """The section "Published and measured".

    Attributes:
        facts: the sources of the published and of the measured figures.
        table: the figures, with a heading above the published columns and one above the measured columns.
        mixed: whether trials of several devices are compared, so that times and memory are left out.
        notes: notes on rows, by the rows' names.
    """

    facts: Mapping[str, str]
    table: Table
    mixed: bool
    notes: Mapping[str, str]


def published_section(
    published: Published,
    front: FrontRecord,
    trials: Sequence[FrontMember],
    devices: Sequence[str],
    seeds: Sequence[int],
    amount: str = "",
) -> PublishedSection:
    """Return the section "Published and measured".

    Args:
        published: what the paper publishes.
        front: the front that the page shows.
        trials: all finished trials with their quantities; members of the front are added to them.
        devices: names of the devices that they were measured on.
        seeds: the seeds that they were trained with.
        amount: how much they were trained, in words.
    """
    mixed = len(front.devices) > 1 and front.device is None and front.scaled_to is None
    everyone = {member.trial: member for member in (*front.members, *trials)}
    lines = beside(published, [everyone[number] for number in sorted(everyone)], timed=not mixed)
    where = "\n".join([*devices, *([front.measured_on] if front.measured_on else [])]) or "not recorded"
    trained = f"\ntrained: {amount}" if amount else ""
    seeded = ", ".join(map(str, seeds)) or "not recorded"
    facts = {
        "published": f"{published.source}\ndevice: {published.device}",
        "measured": f"device: {where}\nseeds: {seeded}{trained}\n{_HOW}",
    }
    notes = {line.name: line.note for line in lines if line.note}
    return PublishedSection(facts, beside_table(lines, published.figures), mixed, notes)
