"""A progress bar and text on its right, in one line."""

from collections.abc import Iterable

from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

NARROWEST, WIDEST = 8, 40


def bar_line(done: float, total: float | None, parts: Iterable[str], widest: int = WIDEST) -> Progress:
    """Return a bar as wide as there is room for, up to `widest` characters, and `parts` on its right.

    Without a `total`, which is not known then, the bar moves to and fro.

    Times are given as parts, because rich's column of the remaining time is empty before the second step
    and stands still between two steps.
    """
    line = Progress(
        BarColumn(None, table_column=Column(min_width=NARROWEST, max_width=widest)),
        TextColumn(
            "{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")
        ),
    )
    task = line.add_task(" · ".join(parts), total=total)
    line.update(task, completed=done)
    return line
