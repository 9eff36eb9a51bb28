"""The front as a table that a page sorts and filters: what each member is, beside the baseline and others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import TEST_ACC
from paretocaps.report.beside_baseline import beside_texts, common_text
from paretocaps.report.line_styles import LineStyle
from paretocaps.report.sentences import beside_neighbours
from paretocaps.report.tables import (
    estimate_text,
    flags_text,
    heading,
    objective_cells,
    probability_text,
)


@dataclass(frozen=True)
class Cell:
    """A text, and the number by which its column is sorted, if it is one."""

    text: str
    value: float | None = None


@dataclass(frozen=True)
class FrontRow:
    """One member: number, design, line in all figures, cells in the order of the columns, and command."""

    trial: int
    design: str
    style: LineStyle | None
    chosen: bool
    cells: tuple[Cell, ...]
    command: str = ""


@dataclass(frozen=True)
class FrontSection:
    """The table of the front.

    Attributes:
        headings: the columns after the trial's number, each with whether it holds numbers.
        rows: the members, best in the first objective first.
        common: the choices in which all members differ from the baseline in the same way.
    """

    headings: tuple[tuple[str, bool], ...] = ()
    rows: tuple[FrontRow, ...] = ()
    common: str = ""


def front_section(
    front: FrontRecord,
    chosen: int | None,
    styles: Mapping[int, LineStyle],
    commands: Mapping[int, str],
    most: int | None = None,
) -> FrontSection:
    """Return the table of a front.

    Args:
        front: the front.
        chosen: the recommended member.
        styles: the members' lines.
        commands: the command that makes each member again.
        most: how many rows it has at most, the best in the first objective, besides the recommended one;
            None for all. What they say is of the whole front.
    """
    members = front.members
    columns: list[tuple[str, bool, list[Cell]]] = []
    for o in front.objectives:
        texts = objective_cells(members, o)
        values = [member.values.get(o.name) for member in members]
        columns.append((heading(o), True, [Cell(*one) for one in zip(texts, values, strict=True)]))
    columns += _further(members)
    texts = beside_texts(members, front.baseline)
    columns.append(("beside the baseline", False, [Cell(text) for text in texts]))
    if len(members) > 1:
        sentences = beside_neighbours(members, front.objectives)
        title = f"beside the next better in {front.objectives[0].name}"
        columns.append((title, False, [Cell(sentences[one.trial]) for one in members]))
    rows = [
        FrontRow(
            member.trial,
            member.design or "",
            styles.get(member.trial),
            member.trial == chosen,
            tuple(cells[row] for _, _, cells in columns),
            commands.get(member.trial, ""),
        )
        for row, member in enumerate(members)
        if most is None or row < most or member.trial == chosen
    ]
    headings = tuple((name, numeric) for name, numeric, _ in columns)
    return FrontSection(headings, tuple(rows), common_text(members, front.baseline))


def _further(members: Sequence[FrontMember]) -> list[tuple[str, bool, list[Cell]]]:
    """Return the columns that only some fronts have: test accuracy, seeds, probability and flags."""
    columns: list[tuple[str, bool, list[Cell]]] = []
    if any(TEST_ACC.name in member.values for member in members):
        estimates = [member.estimate(TEST_ACC.name) for member in members]
        cells = [Cell(estimate_text(TEST_ACC, one), one.value) for one in estimates]
        columns.append(("test acc", True, cells))
    if len({member.seeds for member in members}) > 1:
        columns.append(("seeds", True, [Cell(str(member.seeds), member.seeds) for member in members]))
    if any(member.probability is not None for member in members):
        cells = [Cell(probability_text(one.probability), one.probability) for one in members]
        columns.append(("sure", True, cells))
    if any(member.flags for member in members):
        columns.append(("flags", False, [Cell(flags_text(member)) for member in members]))
    return columns
