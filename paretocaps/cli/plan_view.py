"""Writes a schedule to stdout: one row per epoch, and its two curves."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from paretocaps.cli.chart import chart
from paretocaps.cli.output import chart_width, console, rows_table, show, write_rows

if TYPE_CHECKING:
    from paretocaps.service import PlanView

LABELS = 8
"""Characters for the labels of both plots, so that their steps line up."""
HEIGHTS = (9, 7)
"""Lines of the two plots; odd, so that the middle label is on a line of its own."""


def write_plan(plan: "PlanView", form: str, draw: bool | None) -> None:
    """Write a schedule as `form`; curves follow a table if `draw` is True, or by default on a terminal."""
    if form != "table":
        write_rows(plan.rows, form)
        return
    show(rows_table(plan.rows))
    if sys.stdout.isatty() if draw is None else draw:
        braille = console().encoding.startswith("utf")
        show(*(Text(line) for line in curves(plan, chart_width() - 1, braille)))


def curves(plan: "PlanView", width: int, braille: bool) -> list[str]:
    """Return the lines that draw learning rate and batch size over the steps."""
    steps, rates, sizes = plan.curve()

    def drawn(title: str, values: Sequence[float], height: int, log: bool) -> list[str]:
        return chart(
            title,
            steps,
            values,
            x_label="steps",
            width=width,
            height=height,
            margin=LABELS,
            log=log,
            braille=braille,
        )

    rate = drawn("learning rate", rates, HEIGHTS[0], False)
    return ["", *rate, "", *drawn("batch size", sizes, HEIGHTS[1], True)]
