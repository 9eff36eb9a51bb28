"""A schedule on stdout: a row an epoch, and its two curves."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from rich.text import Text

from paretocaps.cli.chart import chart
from paretocaps.cli.output import console, rows_table, show, write_rows

MARGIN = 1
HEIGHTS = (9, 7)
"""Lines of the two plots; odd, so that the middle label is on a line of its own."""


class Plan(Protocol):
    """A schedule as the service hands it out."""

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """One row an epoch: epoch, batch_size, steps, lr_first, lr_last."""
        ...

    def curve(self) -> tuple[Sequence[float], Sequence[float], Sequence[float]]:
        """Return steps, learning rates and batch sizes."""
        ...


def write_plan(plan: Plan, form: str, draw: bool | None) -> None:
    """Write a schedule in the asked form; a table is followed by the curves on a terminal, or if asked."""
    if form != "table":
        write_rows(list(plan.rows), form)
        return
    show(rows_table(plan.rows))
    if sys.stdout.isatty() if draw is None else draw:
        out = console()
        width = out.width if out.is_terminal else 80
        show(*(Text(line) for line in curves(plan, width - MARGIN, out.encoding.startswith("utf"))))


def curves(plan: Plan, width: int, braille: bool) -> list[str]:
    """Return the lines that draw learning rate and batch size over the steps."""
    steps, rates, sizes = plan.curve()
    rate = chart(
        "learning rate", steps, rates, x_label="steps", width=width, height=HEIGHTS[0], braille=braille
    )
    size = chart(
        "batch size", steps, sizes, x_label="steps", width=width, height=HEIGHTS[1], log=True, braille=braille
    )
    return ["", *rate, "", *size]
