"""A progress bar and text on its right, in one line."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

from paretocaps.cli.text_layout import fitting

NARROWEST, WIDEST = 8, 40
_OF_THE_LINE = 7
"""A bar takes one in so many characters of a line: it does not jump where its words change."""


@dataclass(frozen=True)
class BarLine:
    """A bar for `done` of `total`, and as many of the first `parts` on its right as there is room for.

    It is as wide as the terminal suggests, and up to `widest` characters. Without a `total`, which is not
    known then, it moves to and fro. Times are given as parts, because rich's column of the remaining time is
    empty before the second step and stands still between two steps.
    """

    done: float
    total: float | None
    parts: Sequence[str]
    widest: int = WIDEST

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the line in the width that there is."""
        bar = min(self.widest, max(NARROWEST, options.max_width // _OF_THE_LINE))
        text = fitting(self.parts, " · ", options.max_width - bar - 1)
        line = Progress(
            BarColumn(bar),
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
        )
        task = line.add_task(text, total=self.total)
        line.update(task, completed=self.done)
        yield line
