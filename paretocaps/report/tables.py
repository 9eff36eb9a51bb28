"""Trials as rows, rounded for people and unrounded for programs, in plain Python."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Self

from paretocaps.domain.collapse import COLLAPSED, PARTLY
from paretocaps.domain.estimate import Estimate
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import Objective
from paretocaps.report.csv_cell import csv_cell
from paretocaps.report.level_notes import MARK, best_and_level

_PREFIXES = ("", "k", "M", "G", "T", "P")
OWN_COLUMNS = ("trial", "design", "seeds", "flags", "n")

FLAGS = {
    "shared": "other jobs of the study ran on the same device, so the trial's times are too long",
    "loaded": "something else disturbed the device, so its times are not reliable: it is hollow (○)",
    "partial": "the trial's time and energy lack the pass that computed its frozen backbone's features, which"
    " version 0.1 did not count and other trials' include: train it again to compare them",
    "retuned": "its steps were computed by another tuning than the study keeps for the device, so the trial's"
    " times do not compare with those of others",
    "mixed": "its seeds were trained on several devices or versions of torch, so the trial's times are means"
    " over these and do not compare with those of one",
    COLLAPSED: "no better than always answering the largest class: lower lr_max (see `paretocaps lr-range`)",
    PARTLY: "some seeds are no better than always answering the largest class: lower lr_max",
}
"""The meaning of each flag of a front's member."""


Column = tuple[str, bool, Sequence[str]]


@dataclass(frozen=True)
class Table:
    """Text cells under headings.

    Attributes:
        headings: one per column.
        numeric: which columns hold numbers (and are right-aligned).
        rows: the cells.
        groups: headings above groups of columns, each with its number of columns; only pages show them.
    """

    headings: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    groups: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, columns: Iterable[Column], groups: tuple[tuple[str, int], ...] = ()) -> Self:
        """Return the table of columns, each with its heading, whether it has numbers, and its cells."""
        headings, numeric, cells = zip(*columns, strict=True)
        return cls(headings, numeric, tuple(zip(*cells, strict=True)), groups)

    @property
    def parted(self) -> frozenset[int]:
        """The indices of the columns that begin a group, except for the first group."""
        return frozenset(accumulate(count for _, count in self.groups[:-1]))


def objective_cells(members: Sequence[FrontMember], objective: Objective) -> list[str]:
    """Return the values of trials in one objective, marked where they are level with the best of them."""
    marked = best_and_level(members, objective)
    return [
        f"{MARK} " * (member.trial in marked) + estimate_text(objective, member.estimate(objective.name))
        for member in members
    ]


def heading(objective: Objective) -> str:
    """Return the column heading of an objective, with an arrow to the better side: "acc ↑"."""
    return f"{objective.name} {'↑' if objective.direction == 'maximize' else '↓'}"


def value_text(objective: Objective, value: float | None) -> str:
    """Return a value for people: 0.9861, 12.3 s, 8.22 M, 1.5 GB; "-" for one that is missing.

    Large numbers have three significant figures and an SI prefix. Shares that are maximized, such as
    accuracies, have four decimals. Seconds have no prefix, so that a column can be compared at a glance.
    """
    if value is None or math.isnan(value):
        return "-"
    if objective.unit == "s":
        return f"{_three_figures(value)} s"
    if _is_share(objective, value):
        return f"{value:.4f}"
    return with_prefix(value, objective.unit)


def estimate_text(objective: Objective, estimate: Estimate) -> str:
    """Return a value with half the width of its interval, where it has one: 0.972 ±0.006, 12.3 ±0.4 s.

    Of an asymmetric interval it is the larger half. A share has three decimals, or four where the interval
    is narrower than that; any other number has those of `value_text`. A value that no seed changes, such as
    a number of parameters, stands alone.
    """
    value, half = estimate.value, estimate.half_width
    if value is None or half is None:
        return value_text(objective, value)
    if _is_share(objective, value):
        decimals = 4 if 0 < half < 0.00095 else 3
        return f"{value:.{decimals}f} ±{half:.{decimals}f}"
    number, _, unit = value_text(objective, value).partition(" ")
    if half == 0:
        return f"{number} {unit}".rstrip()
    size = half if objective.unit == "s" else half / 1000.0 ** _power(value)
    spread = f"{size:,.{len(number.partition('.')[2])}f}"
    return f"{number} ±{spread if spread.strip('0.') else f'{size:.1g}'} {unit}".rstrip()


def with_prefix(value: float, unit: str = "") -> str:
    """Return `value` to three significant figures with an SI prefix before its unit: 8.22 M, 203 MB, 640.

    It is written by hand because rich's `filesize` formats bytes only.
    """
    power = _power(value)
    value /= 1000.0**power
    number = f"{value:.0f}" if power == 0 and float(value).is_integer() else _three_figures(value)
    return f"{number} {_PREFIXES[power]}{unit}".rstrip()


def flags_text(member: FrontMember) -> str:
    """Return the flags of a trial, such as "loaded" or "shared, collapsed"; "-" for none."""
    return ", ".join(member.flags) or "-"


def probability_text(probability: float | None) -> str:
    """Return how probably a member of a front is non-dominated: "92 %"; "-" where that is not known."""
    return "-" if probability is None else f"{100 * probability:.0f} %"


def choice_text(value: Any) -> str:
    """Return a choice's value as the command line takes it; "-" where it does not apply to a trial."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def choices_text(choices: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return the choices called `names` that a trial has: "lr_policy=fixed batch_size=16"."""
    return " ".join(f"{name}={choice_text(choices[name])}" for name in names if choices.get(name) is not None)


def differing_choices(members: Sequence[FrontMember]) -> list[str]:
    """Return the names of the choices that are not the same in all `members`, in their order."""
    names = dict.fromkeys(name for member in members for name in member.choices)
    return [name for name in names if len({repr(member.choices.get(name)) for member in members}) > 1]


def shared_choices(members: Sequence[FrontMember]) -> dict[str, Any]:
    """Return the choices that are the same in all `members`."""
    differing = set(differing_choices(members))
    first = members[0].choices if members else {}
    return {name: value for name, value in first.items() if name not in differing}


def flat_rows(
    members: Sequence[FrontMember], objectives: Sequence[Objective] = ()
) -> tuple[list[str], list[list[Any]]]:
    """Return column names and unrounded rows: trial, design, seeds, flags, n, measured quantities, choices.

    The objectives come first among the quantities; each has its columns of `FrontMember.flat_values`, and `n`
    is the number of seeds. Where levels are known, `acc_level` has the members that one is level with in acc,
    as "7 12", `probability` is that of `FrontMember`. A choice with the name of an earlier column is headed
    `choice_<name>`. Cells without a value are None.
    """
    found = [member.flat_values | _levels(member) for member in members]
    first = [column for o in objectives for column in Estimate(None, 0).columns(o.name)]
    quantities = list(dict.fromkeys([*first, *(column for values in found for column in values)]))
    choices = list(dict.fromkeys(name for member in members for name in member.choices))
    taken = {*OWN_COLUMNS, *quantities}
    columns = [*OWN_COLUMNS, *quantities, *(f"choice_{n}" if n in taken else n for n in choices)]
    rows = [
        [member.trial, member.design, member.seeds, " ".join(member.flags) or None, member.seeds]
        + [values.get(name) for name in quantities]
        + [member.choices.get(name) for name in choices]
        for member, values in zip(members, found, strict=True)
    ]
    return columns, rows


def _levels(member: FrontMember) -> dict[str, Any]:
    levels = {f"{name}_level": " ".join(map(str, trials)) for name, trials in member.level.items()}
    return levels if member.probability is None else {**levels, "probability": member.probability}


def csv_text(members: Sequence[FrontMember], objectives: Sequence[Objective] = ()) -> str:
    """Return trials as CSV, unrounded, in SI units; the columns of `flat_rows`, None as an empty cell."""
    columns, rows = flat_rows(members, objectives)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([csv_cell(value) for value in row] for row in (columns, *rows))
    return text.getvalue()


def markdown_text(text: str) -> str:
    """Return `text` for Markdown, so that no part of it is HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def markdown_table(table: Table) -> str:
    """Return `table` in Markdown, ending in a line break (pandas would need one more package)."""
    aligned = [f"{'-' * 3}:" if numeric else "---" for numeric in table.numeric]
    lines = [table.headings, aligned, *table.rows]
    return "".join(f"| {' | '.join(_markdown_cell(cell) for cell in line)} |\n" for line in lines)


def _power(value: float) -> int:
    """Return the power of 1000 that the prefix before a value stands for."""
    return next((p for p in range(len(_PREFIXES)) if abs(value) < 999.5 * 1000.0**p), len(_PREFIXES) - 1)


def _is_share(objective: Objective, value: float) -> bool:
    return objective.unit == "" and objective.direction == "maximize" and abs(value) <= 1.0


def _three_figures(value: float) -> str:
    size = abs(value)
    if size >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 9.995 else f"{value:.2f}" if size >= 0.9995 else f"{value:.3g}"


def _markdown_cell(text: str) -> str:
    return markdown_text(text).replace("|", "\\|").replace("\n", " ")
