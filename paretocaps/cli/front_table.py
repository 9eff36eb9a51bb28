"""A front as a table that fits the terminal: values, what differs from the baseline, and a sentence each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from paretocaps.cli.text_layout import GAP, TextLayout, padded, shortened, text_layout
from paretocaps.domain.front_record import LOADED, FrontRecord
from paretocaps.domain.objective import TEST_ACC, Objective
from paretocaps.domain.wording import counted
from paretocaps.report.beside_baseline import beside_texts, common_text
from paretocaps.report.sentences import beside_neighbours, misses_text
from paretocaps.report.tables import (
    estimate_text,
    flags_text,
    heading,
    objective_cells,
    probability_text,
    value_text,
)

BESIDE, ABOVE, MISSES = "beside the baseline", "beside the one above", "what it misses"
"""The headings of what is told of each trial."""
_HOLLOW = "○"
"""What stands before the number of a trial that is loaded."""
SMALLEST = 6
"""Lines of a short table with one member: up to three of headings, the rule, the member, what is left out."""
_OF_CORNER = 5
"""So many trials of the collapsed corner are shown, the best ones."""


@dataclass(frozen=True)
class Column:
    """A column's heading and cells; `lines` is the heading, broken after underscores to save width."""

    title: str
    cells: Sequence[str]
    right: bool = True
    lines: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", tuple(_fold(self.title, max(map(cell_len, self.cells), default=0))))

    @property
    def width(self) -> int:
        """The cells of its widest line."""
        return max(map(cell_len, (*self.lines, *self.cells)))

    def fill(self, text: str) -> str:
        """Return a text as wide as the column."""
        return " " * (self.width - cell_len(text)) + text if self.right else padded(text, self.width)


def front_table(
    front: FrontRecord, width: int | None = None, marks: Mapping[int, str] | None = None
) -> RenderableType:
    """Return a front as a table of at most `width` characters, its collapsed corner apart below its members.

    Two texts are told of each member: the choices that differ from the baseline, and how it stands beside
    the one above it. They have columns where that takes the fewest lines (see `text_layout`). Where no trial
    keeps the bounds, the nearest ones are shown with what they miss. Columns of values that do not fit are
    left out, from the end, and a last line names them.

    Args:
        front: the front.
        width: None for as wide as it needs.
        marks: words that stand before trials, such as "knee", by number.
    """
    members = front.members or front.nearest
    columns = value_columns(front, marks)
    fitting = _fitting(columns, width)
    titles = (BESIDE, ABOVE if front.members else MISSES)
    texts = list(zip(beside_texts(members, front.baseline), _told(front), strict=True))
    layout = text_layout(titles, texts, _width(fitting), width)
    lines = _headings(fitting, titles, layout)
    for row, (member, told) in enumerate(zip(members, texts, strict=True)):
        beside, below = layout.row(_values(fitting, row), told)
        lines += [Text(line, "bold" if member.trial in (marks or {}) else "") for line in beside]
        lines += [Text(line, "dim") for line in below]
    if common := common_text(members, front.baseline):
        lines.append(Text(f"all of them: {common}", "dim"))
    return Group(*lines, *_corner(front, fitting), *_note(0, columns[len(fitting) :]))


def short_table(front: FrontRecord, width: int, rows: int) -> RenderableType:
    """Return a front's members as a table of at most `width` characters and `rows` lines, one a member.

    At least one member is shown, which with its headings and the last line takes up to `SMALLEST` lines.
    """
    columns = value_columns(front)
    fitting = _fitting(columns, width)
    room = width - _width(fitting) - GAP
    texts = [(shortened(text, room),) for text in beside_texts(front.members, front.baseline)]
    titles = (BESIDE,) if room >= len(BESIDE) else ()
    layout = TextLayout(_width(fitting), (room,) * len(titles), width)
    lines = _headings(fitting, titles, layout)
    count = len(front)
    if len(lines) + count + (len(fitting) < len(columns)) > rows:
        count = max(1, rows - len(lines) - 1)
    lines += [
        Text(layout.row(_values(fitting, row), texts[row][: len(titles)])[0][0]) for row in range(count)
    ]
    return Group(*lines, *_note(len(front) - count, columns[len(fitting) :]))


def value_columns(front: FrontRecord, marks: Mapping[int, str] | None = None) -> list[Column]:
    """Return the columns of values, the most important first: of the members or the nearest, then the corner.

    The arguments are those of `front_table`.
    """
    trials, words = [*(front.members or front.nearest), *front.corner], marks or {}
    names = [f"{words.get(m.trial, '')} {_HOLLOW * m.loaded}{m.trial}".strip() for m in trials]
    columns = [Column("trial", names)]
    if any(trial.seeds > 1 for trial in trials):
        columns.append(Column("seeds", [str(m.seeds) for m in trials]))
    columns += [Column(heading(objective), _cells(front, objective)) for objective in front.objectives]
    if any(TEST_ACC.name in trial.values for trial in trials):
        columns.append(
            Column("test acc", [value_text(TEST_ACC, m.values.get(TEST_ACC.name)) for m in trials])
        )
    if any(trial.probability is not None for trial in trials):
        columns.append(Column("sure", [probability_text(m.probability) for m in trials]))
    if any(set(trial.flags) - {LOADED} for trial in trials[: len(trials) - len(front.corner)]):
        columns.append(Column("flags", [flags_text(m) for m in trials], right=False))
    return columns


def _cells(front: FrontRecord, objective: Objective) -> list[str]:
    corner = [estimate_text(objective, m.estimate(objective.name)) for m in front.corner]
    return [*objective_cells(front.members or front.nearest, objective), *corner]


def _told(front: FrontRecord) -> list[str]:
    """Return the sentence of each member, or which bounds each of the nearest misses."""
    if not front.members:
        return [misses_text(trial.values, front.requirements) for trial in front.nearest]
    sentences = beside_neighbours(front.members, front.objectives)
    return [sentences[member.trial] for member in front.members]


def _fitting(columns: Sequence[Column], width: int | None) -> list[Column]:
    count = len(columns)
    while width is not None and count > 1 and _width(columns[:count]) > width:
        count -= 1
    return list(columns[:count])


def _width(columns: Sequence[Column]) -> int:
    return sum(column.width + GAP for column in columns) - GAP


def _values(columns: Sequence[Column], row: int) -> str:
    return (" " * GAP).join(column.fill(column.cells[row]) for column in columns)


def _headings(columns: Sequence[Column], titles: Sequence[str], layout: TextLayout) -> list[Text]:
    """Return the headings of values and texts, and below them those of texts that stand below a row."""
    lines = [
        (" " * GAP).join(column.fill(text) for column, text in zip(columns, line, strict=True))
        for line in _bottom_aligned([column.lines for column in columns])
    ]
    *above, last = lines
    beside, below = layout.row(last, titles)
    across = max(map(cell_len, (*lines, *beside)))
    return [
        *(Text(line.rstrip(), "bold") for line in (*above, *beside)),
        *(Text(line, "bold dim") for line in below),
        Text("─" * across),
    ]


def _bottom_aligned(headings: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    turned = zip_longest(*(reversed(lines) for lines in headings), fillvalue="")
    return list(turned)[::-1]


def _corner(front: FrontRecord, columns: Sequence[Column]) -> list[Text]:
    """Return the collapsed corner, greyed: what it is, and its best trials."""
    if not front.corner:
        return []
    first = len(front.members or front.nearest)
    count = min(len(front.corner), _OF_CORNER)
    more = len(front.corner) - count
    lines = [front.apart, *(_values(columns, first + row).rstrip() for row in range(count))]
    return [Text(line, "dim") for line in [*lines, *([f"  ({more} more)"] if more else [])]]


def _note(members: int, left_out: Sequence[Column]) -> list[Text]:
    parts = [counted(members, "more trial")] if members else []
    parts += [f"not shown: {', '.join(column.title for column in left_out)}"] if left_out else []
    return [Text(f"  ({'; '.join(parts)})", "dim", no_wrap=True, overflow="ellipsis")] if parts else []


def _fold(title: str, room: int) -> list[str]:
    """Break a heading after underscores into lines, but no narrower than its cells need."""
    lines = [""]
    for part in title.replace("_", "_\0").split("\0"):
        if lines[-1] and len(lines[-1]) + len(part) > max(room, 8):
            lines.append(part)
        else:
            lines[-1] += part
    return lines
