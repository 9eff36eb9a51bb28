"""A progress bar and text on its right, in one line."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

NARROWEST, WIDEST = 8, 40


@dataclass(frozen=True)
class BarLine:
    """A bar for `done` of `total` with a text on its right: words that lack the room are cut, not the bar."""

    done: float
    total: float | None
    text: str
    widest: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the line in the width that there is."""
        room = max(1, options.max_width - min(NARROWEST, self.widest) - 1)
        words = Column(no_wrap=True, overflow="ellipsis", max_width=room)
        line = Progress(
            BarColumn(None, table_column=Column(min_width=NARROWEST, max_width=self.widest)),
            TextColumn("{task.description}", markup=False, table_column=words),
        )
        task = line.add_task(self.text, total=self.total)
        line.update(task, completed=self.done)
        yield line


def bar_line(done: float, total: float | None, parts: Iterable[str], widest: int = WIDEST) -> BarLine:
    """Return a bar as wide as there is room for, up to `widest` characters, and `parts` on its right.

    Without a `total`, which is not known then, the bar moves to and fro.

    Times are given as parts, because rich's column of the remaining time is empty before the second step
    and stands still between two steps.
    """
    return BarLine(done, total, " · ".join(parts), widest)
