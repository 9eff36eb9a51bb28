"""A progress bar and text on its right, in one line."""

from collections.abc import Iterable

from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

NARROWEST, WIDEST = 8, 40


def bar_line(done: int, total: int, parts: Iterable[str], widest: int = WIDEST) -> Progress:
    """Return a bar as wide as there is room for, up to `widest` characters, and `parts` on its right.

    Times are given as parts, because rich's column of the remaining time is empty before the second step
    and stands still between two steps.
    """
    line = Progress(
        BarColumn(None, table_column=Column(min_width=NARROWEST, max_width=widest)),
        TextColumn(
            "{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")
        ),
    )
    line.add_task(" · ".join(parts), completed=done, total=total)
    return line
