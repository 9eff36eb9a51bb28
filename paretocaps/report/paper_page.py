"""The page of one table of a paper: the published and the measured side by side, and what follows from it."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.domain.judged import Judged
from paretocaps.domain.paper_table import PaperTable, Scale
from paretocaps.errors import UsageError, why_not_written
from paretocaps.masking import masked
from paretocaps.report.html import write_page
from paretocaps.report.measured_beside_published import Beside
from paretocaps.report.places import without_folders
from paretocaps.report.published_section import PublishedSection
from paretocaps.report.study_facts import versions
from paretocaps.report.tables import Table, value_text
from paretocaps.writing import whole_file

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


@dataclass(frozen=True)
class PaperRun:
    """One run of a table of a paper, as its page and its JSON tell it.

    Attributes:
        name: the table's name.
        table: the table.
        scale: how much was trained.
        study: the name of the study.
        file: the name of the study file.
        command: the command that goes on with it, and writes the page again.
        data: exactly what the figures are of.
        devices: names of the devices that it was measured on.
        seeds: the seeds of each row.
        trained: how many of its trainings are finished, and how many there are.
        scaled_down: in what it is less than the paper.
        not_comparable: what therefore may not be compared.
        figures: the figures of its page, by identifier.
        evaluations: how the rows' networks classify test images, as JSON has it.
        trainings: what each training measured, by row, seed and quantity, as JSON has it.
    """

    name: str
    table: PaperTable
    scale: Scale
    study: str
    file: str
    command: str
    data: str
    devices: tuple[str, ...]
    seeds: tuple[int, ...]
    trained: tuple[int, int]
    scaled_down: tuple[str, ...] = ()
    not_comparable: tuple[str, ...] = ()
    figures: "Mapping[str, Figure]" = field(default_factory=dict)
    evaluations: Mapping[str, Any] = field(default_factory=dict)
    trainings: Mapping[str, Mapping[int, Mapping[str, float]]] = field(default_factory=dict)


def write_paper_page(
    path: Path,
    run: PaperRun,
    section: PublishedSection | None,
    claims: Sequence[Judged],
    lines: Sequence[Beside],
) -> Path:
    """Write the page, and beside it the same figures as JSON; return the page's path.

    Raises:
        UsageError: they cannot be written there.
    """
    written = write_page(
        path,
        "paper",
        f"{run.table.paper}, {run.table.title}",
        run=run,
        published=section,
        claims=[(one, claim_line(one)) for one in claims],
        stated=sum(one.claim.stated for one in claims),
        counts=counted_verdicts([one for one in claims if one.claim.stated]),
        versions=versions(),
    )
    place = json_of(path)
    try:
        with whole_file(place) as stream:
            content = paper_figures(run, claims, lines, section)
            stream.write((json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        why = why_not_written(error, "name another file")
        raise UsageError(f"figures {str(place)!r} cannot be written: {why}") from None
    return written


def json_of(page: Path) -> Path:
    """Return the file beside a page that has its figures."""
    return page.with_suffix(".json")


def claim_line(one: Judged) -> str:
    """Return what was measured of a claim: the difference, its interval and the number of seeds."""
    claim, found = one.claim, one.found
    name = f"{claim.objective} of {claim.row} beside {claim.than}"
    if found is None:
        return f"{name}: {one.why}"
    ends = f"{_amount(one, found.low)} to {_amount(one, found.high)}"
    seeds = f"{found.n} seed{'' if found.n == 1 else 's'}"
    several = "training" if one.never == 1 else "trainings"
    counts = "counts with all its" if one.never == 1 else "count with all their"
    never = f"; {one.never} {several} never reached it and {counts} epochs" if one.never else ""
    interval = "the same for every seed" if found.low == found.high else f"95 % interval {ends}, {seeds}"
    held = f"; {one.why}" if one.why else f"; it holds if {asked(one)}"
    return f"{name}: {_amount(one, found.value)} ({interval}){never}{held}"


def asked(one: Judged) -> str:
    """Return what the interval is compared with: "less than 0", "less by 58.6 % or more", "within ±0.002",
    "not less by more than 0.002".
    """
    claim = one.claim
    if claim.direction == "level":
        return f"within ±{_amount(one, claim.by).lstrip('+')}"
    if claim.direction == "not less":
        allowed = _amount(one, claim.by).lstrip("+")
        return f"not less by more than {allowed}" if claim.by else "not less than 0"
    if not claim.by:
        return f"{claim.direction} than 0"
    return f"{claim.direction} by {_amount(one, claim.by).lstrip('+')} or more"


def counted_verdicts(claims: Sequence[Judged]) -> str:
    """Return how many claims hold, do not hold and are open: "2 hold, 1 does not hold, 3 are open"."""
    counts = {name: sum(one.verdict == name for one in claims) for name in ("holds", "does not hold", "open")}
    words = (
        ("holds", "holds", "hold"),
        ("does not hold", "does not hold", "do not hold"),
        ("open", "is open", "are open"),
    )
    said = [
        f"{counts[name]} {one if counts[name] == 1 else several}"
        for name, one, several in words
        if counts[name]
    ]
    return ", ".join(said)


def paper_figures(
    run: PaperRun, claims: Sequence[Judged], lines: Sequence[Beside], section: PublishedSection | None = None
) -> dict[str, Any]:
    """Return the figures of a page in values that JSON can hold, unrounded and in SI units."""
    tables = {} if section is None else {"baselines": section.baselines, "slopes": section.slopes}
    return {
        "table": run.name,
        "paper": run.table.paper,
        "title": run.table.title,
        "scale": run.scale,
        "study": run.study,
        "study_file": run.file,
        "command": without_folders(masked(run.command)),
        "data": run.data,
        "devices": list(run.devices),
        "seeds": list(run.seeds),
        "trainings": {"finished": run.trained[0], "all": run.trained[1]},
        "scaled_down": list(run.scaled_down),
        "not_comparable": list(run.not_comparable),
        "rows": [_row(line) for line in lines],
        "by_seed": {row: dict(seeds) for row, seeds in run.trainings.items()},
        **{name: _cells(table) for name, table in tables.items() if table is not None},
        "claims": [_claim(one) for one in claims],
        **({"evaluations": dict(run.evaluations)} if run.evaluations else {}),
        **versions(),
    }


def _row(line: Beside) -> dict[str, Any]:
    measured = {
        name: {"value": one.value, "low": one.low, "high": one.high, "sd": one.sd, "n": one.n}
        for name, one in line.measured.items()
    }
    own = {"row": line.name, "trial": line.trial, "seeds": line.seeds, "note": line.note}
    return own | {"published": dict(line.published), "measured": measured}


def _claim(one: Judged) -> dict[str, Any]:
    found = one.found
    ends = {} if found is None else {name: getattr(found, name) for name in ("value", "low", "high", "n")}
    finite = {name: value if math.isfinite(value) else None for name, value in ends.items()}
    found_of = {
        "verdict": one.verdict,
        "difference": finite or None,
        "why": one.why,
        "asked": asked(one),
        "measured": claim_line(one),
    }
    return {**one.claim.model_dump(), **found_of}


def _cells(table: Table) -> list[dict[str, str]]:
    """Return a table's rows; the headings of published figures say so, and those that recur are numbered."""
    printed = table.groups[0][1] if table.groups else 0
    names = [
        f"published {heading}" if 0 < place < printed else heading
        for place, heading in enumerate(table.headings)
    ]
    return [dict(zip(_told_apart(names), row, strict=True)) for row in table.rows]


def _told_apart(names: Sequence[str]) -> list[str]:
    before = [names[:place].count(name) for place, name in enumerate(names)]
    return [f"{name} {count + 1}" if count else name for name, count in zip(names, before, strict=True)]


def _amount(one: Judged, value: float) -> str:
    """Return a difference with its sign: "+0.0012", "-3.4 s", "-58.6 %"."""
    if math.isinf(value):
        return "no end"
    if one.claim.relative:
        return f"{100 * value:+.1f} %"
    text = value_text(one.claim.of, abs(value))
    return f"{'-' if value < 0 else '+'}{text}" if value else text
