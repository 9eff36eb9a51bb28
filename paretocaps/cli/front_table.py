"""A front as a table that fits the terminal: its objectives, and the choices in which its members differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from paretocaps.cli.naming import telling_choices
from paretocaps.cli.numbers import counted
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import Objective
from paretocaps.report.tables import (
    choice_text,
    flags_text,
    heading,
    objective_cells,
    probability_text,
)

GAP = 2
"""Spaces between columns."""
_HOLLOW = "○"
"""What stands before the number of a trial that is loaded."""
SMALLEST = 6
"""Lines of a table with one member: three of headings, the rule, the member, what is left out."""


@dataclass(frozen=True)
class Column:
    """A column's heading and cells; `lines` is the heading, broken after underscores to save width."""

    title: str
    cells: Sequence[str]
    right: bool = False
    lines: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", tuple(_fold(self.title, max(map(len, self.cells), default=0))))

    @property
    def width(self) -> int:
        """The characters that it takes, with the gap before it."""
        return GAP + max(map(len, (*self.lines, *self.cells)))


def front_columns(
    members: Sequence[FrontMember], objectives: Sequence[Objective], base: Mapping[str, Any] | None = None
) -> list[Column]:
    """Return the possible columns, the most important first; `base` is passed to `telling_choices`."""
    columns = [Column("trial", [f"{_HOLLOW * m.loaded}{m.trial}" for m in members], right=True)]
    if any(member.design for member in members):
        columns.append(Column("design", [m.design or "-" for m in members]))
    if any(member.seeds > 1 for member in members):
        columns.append(Column("seeds", [str(m.seeds) for m in members], right=True))
    if any(member.flags for member in members):
        columns.append(Column("flags", [flags_text(m) for m in members]))
    columns += [Column(heading(o), objective_cells(members, o), right=True) for o in objectives]
    if any(member.probability is not None for member in members):
        columns.append(Column("sure", [probability_text(m.probability) for m in members], right=True))
    choices = telling_choices(members, base or {})
    columns += [Column(name, [choice_text(m.choices.get(name)) for m in members]) for name in choices]
    return columns


def front_table(
    members: Sequence[FrontMember],
    objectives: Sequence[Objective],
    width: int | None = None,
    rows: int | None = None,
    marks: Mapping[int, str] | None = None,
    base: Mapping[str, Any] | None = None,
) -> RenderableType:
    """Return `members` as a table of at most `width` characters and `rows` lines, headings included.

    At least one member is shown, which with its headings and the last line takes up to `SMALLEST` lines.
    Columns and members that do not fit are left out, from the end, and a last line names them. `marks` has
    words to put before trials, by number. Of a single member, the choices that differ from `base`, the
    trainer's defaults, are shown.
    """
    columns = front_columns(members, objectives, base)
    if marks:
        columns.insert(0, Column("", [marks.get(m.trial, "") for m in members]))
    fitting = _fitting(columns, width)
    above = max(len(column.lines) for column in fitting) + 1
    left_out = [column.title for column in columns[len(fitting) :]]
    shown = len(members)
    if rows is not None and above + shown + bool(left_out) > rows:
        shown = max(1, rows - above - 1)
    table = _table(fitting, shown)
    note = _left_out(len(members) - shown, left_out)
    return Group(table, Text(note, "dim", no_wrap=True, overflow="ellipsis")) if note else table


def _fitting(columns: Sequence[Column], width: int | None) -> list[Column]:
    fitting: list[Column] = []
    used = 0
    for column in columns:
        used += column.width
        if width is not None and used > width and fitting:
            break
        fitting.append(column)
    return fitting


def _table(columns: Sequence[Column], rows: int) -> Table:
    heading_lines = max(len(column.lines) for column in columns)
    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 0, 0, GAP - 1), header_style="bold"
    )
    for column in columns:
        lines = [*[""] * (heading_lines - len(column.lines)), *column.lines]
        table.add_column(Text("\n".join(lines)), justify="right" if column.right else "left", no_wrap=True)
    for index in range(rows):
        table.add_row(*(Text(column.cells[index]) for column in columns))
    return table


def _left_out(members: int, columns: Sequence[str]) -> str:
    parts = [counted(members, "more trial")] if members else []
    parts += [f"not shown: {', '.join(columns)}"] if columns else []
    return f"  ({'; '.join(parts)})" if parts else ""


def _fold(title: str, room: int) -> list[str]:
    """Break a heading after underscores into lines, but no narrower than its cells need."""
    lines = [""]
    for part in title.replace("_", "_\0").split("\0"):
        if lines[-1] and len(lines[-1]) + len(part) > max(room, 8):
            lines.append(part)
        else:
            lines[-1] += part
    return lines
