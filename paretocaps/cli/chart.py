"""A line chart in characters: one small picture of a curve, as wide as the terminal.

It is written by hand because plotext 5.3 gives each plot a margin of its own, so that the steps of two plots
do not line up, labels a logarithmic axis of batch sizes with 10.1 and 6.3, and has one global figure.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The bits of Braille's eight dots by column and row."""
BLANK = 0x2800


@dataclass(frozen=True)
class Axis:
    """The range of a chart's values, and whether it is logarithmic."""

    low: float
    high: float
    log: bool

    @classmethod
    def over(cls, values: Sequence[float], log: bool = False) -> Self:
        """Return the axis on which `values` (at least one, all finite) fill the height."""
        low, high = min(values), max(values)
        if low == high:
            return cls(0.0, high, False) if high > 0 else cls(low - 1, high + 1, False)
        return cls(low, high, log and low > 0)

    def height(self, value: float) -> float:
        """Return where `value` is, from 0 at the bottom to 1 at the top."""
        low, high, value = (math.log(v) if self.log else v for v in (self.low, self.high, value))
        return (value - low) / (high - low)

    def value(self, height: float) -> float:
        """Return the value at `height`, from 0 to 1."""
        if self.log:
            return float(self.low * (self.high / self.low) ** height)
        return self.low + (self.high - self.low) * height


def chart(
    title: str,
    xs: Sequence[float],
    ys: Sequence[float],
    *,
    x_label: str,
    width: int,
    height: int,
    margin: int = 0,
    log: bool = False,
    braille: bool = True,
) -> list[str]:
    """Return the lines of a chart of `ys` over `xs`, at most `width` characters each.

    Args:
        title: the name of the values; "(logarithmic)" is added where their axis is logarithmic.
        xs: rising positions; each value holds up to the next position.
        ys: as many finite values.
        x_label: the unit of the positions.
        width, height: characters of the whole chart across, and of the plot alone down.
        margin: least number of characters left of the axis.
        log: whether to use a logarithmic axis where all values are above 0 and not the same.
        braille: whether to draw with braille dots (two across and four down per character).
    """
    axis = Axis.over(ys, log)
    labels = {height - 1 - round(share * (height - 1)): _tick(axis.value(share)) for share in (0.0, 0.5, 1.0)}
    margin = max(margin, *map(len, labels.values()))
    columns = max(10, width - margin - 2)
    across, down = (2, 4) if braille else (1, 1)
    spans = _spans([axis.height(y) for y in ys], xs, columns * across, height * down)
    plot = _braille(spans, columns, height) if braille else _ascii(spans, height)
    side, corner, floor = ("│", "└", "─") if braille else ("|", "+", "-")
    lines = [f"{title} (logarithmic)" if axis.log else title]
    lines += [f"{labels.get(row, ''):>{margin}} {side}{text}".rstrip() for row, text in enumerate(plot)]
    lines.append(f"{'':>{margin}} {corner}{floor * columns}")
    first, last = _tick(xs[0]), f"{_tick(xs[-1])} {x_label}"
    return [*lines, f"{'':>{margin}}  {first}{last:>{max(1, columns - len(first))}}"]


def _spans(heights: Sequence[float], xs: Sequence[float], columns: int, rows: int) -> list[tuple[int, int]]:
    """Return the lowest and highest dot of the curve in each column; jumps are joined."""
    touched: list[list[int]] = [[] for _ in range(columns)]
    reach = (xs[-1] - xs[0]) or 1.0
    for x, share in zip(xs, heights, strict=True):
        column = min(columns - 1, int((x - xs[0]) / reach * columns))
        touched[column].append(round(share * (rows - 1)))
    spans, held = [], touched[0][0]
    for dots in touched:
        bottom, top = (min(dots), max(dots)) if dots else (held, held)
        spans.append((held if bottom > held + 1 else bottom, held if top < held - 1 else top))
        held = dots[-1] if dots else held
    return spans


def _braille(spans: Sequence[tuple[int, int]], columns: int, height: int) -> list[str]:
    cells = [[BLANK] * columns for _ in range(height)]
    for x, (bottom, top) in enumerate(spans):
        for dot in range(bottom, top + 1):
            y = 4 * height - 1 - dot
            cells[y // 4][x // 2] |= DOTS[x % 2][y % 4]
    return ["".join(map(chr, row)).replace(chr(BLANK), " ") for row in cells]


def _ascii(spans: Sequence[tuple[int, int]], height: int) -> list[str]:
    rows = range(height - 1, -1, -1)
    return ["".join("*" if bottom <= row <= top else " " for bottom, top in spans) for row in rows]


def _tick(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
