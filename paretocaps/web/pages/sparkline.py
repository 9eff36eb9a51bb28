"""A curve as a small picture that needs no script: the path of an SVG element."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sparkline:
    """A curve in a box of `width` x `height` pixels: the SVG paths of its line and of the area below."""

    width: int
    height: int
    line: str
    area: str


def sparkline(values: Sequence[float], of: int, width: int = 240, height: int = 56) -> Sparkline | None:
    """Return values as a curve over `of` steps from left to right, lowest to highest; None without values.

    One value, or equal ones, are drawn in the middle.
    """
    if not values:
        return None
    pad = 4.0
    low, high = min(values), max(values)
    span, steps = (high - low) or 1.0, max(of - 1, len(values) - 1, 1)
    points = [
        (
            pad + (width - 2 * pad) * place / steps,
            height / 2 if high == low else height - pad - (height - 2 * pad) * (value - low) / span,
        )
        for place, value in enumerate(values)
    ]
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    area = f"{line}L{points[-1][0]:.1f} {height}L{points[0][0]:.1f} {height}Z"
    return Sparkline(width, height, line, area)
