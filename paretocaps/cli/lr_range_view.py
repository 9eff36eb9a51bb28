"""Writes a learning-rate range test to stdout: the suggested bounds, and the curve."""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from paretocaps.cli.chart import chart
from paretocaps.cli.output import chart_width, console, rows_table, say, show, write_csv, write_json

if TYPE_CHECKING:
    from paretocaps.service import RangeView

HEIGHT = 13
"""Lines of the plot; odd, so that the middle label is on a line of its own."""
_SUGGESTED = ("lr_min", "lr_max", "steepest", "lowest")


def write_range(test: "RangeView", form: str, draw: bool | None) -> None:
    """Write a test as `form`; the curve follows a table if `draw` is True, or by default on a terminal."""
    if form == "json":
        write_json(test.as_dict())
    elif form == "csv":
        write_csv(test.rows)
    else:
        answer = test.as_dict()
        show(rows_table([{name: answer[name] for name in _SUGGESTED}]))
        if answer["space"] is not None:
            show(*(Text(line) for line in ("", *space_lines(answer["space"]))))
        if test.rows and (sys.stdout.isatty() if draw is None else draw):
            braille = console().encoding.startswith("utf")
            show(*(Text(line) for line in curve(test.rows, chart_width() - 1, braille)))
    for remark in test.remarks:
        say(remark)


def space_lines(space: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the lines of a study file that search a space: a heading and a line per choice."""
    return ["[space]", *(f"{name} = {{ {_entries(entry)} }}" for name, entry in space.items())]


def _entries(entry: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} = {json.dumps(value)}" for key, value in entry.items())


def curve(rows: Sequence[Mapping[str, Any]], width: int, braille: bool) -> list[str]:
    """Return the lines that draw the smoothed loss over the logarithm of the learning rate."""
    drawn = chart(
        "smoothed training loss",
        [math.log10(row["learning_rate"]) for row in rows],
        [row["smoothed"] for row in rows],
        x_label="log10 of the learning rate",
        width=width,
        height=HEIGHT,
        braille=braille,
    )
    return ["", *drawn]
