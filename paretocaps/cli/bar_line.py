"""A bar and some words beside it, in one line."""

from collections.abc import Iterable

from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

NARROWEST, WIDEST = 8, 40


def bar_line(done: int, total: int, parts: Iterable[str], widest: int = WIDEST) -> Progress:
    """Return a bar as wide as there is room for, up to `widest` characters, and `parts` on its right.

    Times are among the parts: rich's column of the time left knows none before the second step, and none
    that passes between two steps.
    """
    line = Progress(
        BarColumn(None, table_column=Column(min_width=NARROWEST, max_width=widest)),
        TextColumn(
            "{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")
        ),
    )
    line.add_task(" · ".join(parts), completed=done, total=total)
    return line
