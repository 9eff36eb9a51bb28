"""Straight lines through measured values, by least squares."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, linear_regression

from paretocaps.domain.estimate import t_quantile

_EXACT = 1e-9  # of a slope: an error below this is rounding


@dataclass(frozen=True)
class Slope:
    """A fitted line, value = at_zero + each * x.

    Attributes:
        each: the growth of the value per unit of x.
        at_zero: the value at x = 0.
        low, high: the 95 % interval of `each`, by Student's t; None for fewer than three values.
        explained: the share of the values' variance that the line explains (R squared); None where they do
            not vary.
        count: the number of values.
    """

    each: float
    at_zero: float
    low: float | None
    high: float | None
    explained: float | None
    count: int

    def at(self, x: float) -> float:
        """Return the value on the line."""
        return self.at_zero + self.each * x


def slope_of(points: Sequence[tuple[float, float]]) -> Slope | None:
    """Return the line of least squares through (x, value) points; None where all have the same x."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if len(set(xs)) < 2:
        return None
    each, at_zero = linear_regression(xs, ys)
    middle, mean, count = fmean(xs), fmean(ys), len(points)
    rest = sum((y - at_zero - each * x) ** 2 for x, y in points)
    total = sum((y - mean) ** 2 for y in ys)
    low = high = None
    if count > 2:
        error = sqrt(rest / (count - 2) / sum((x - middle) ** 2 for x in xs))
        half = t_quantile(count - 2) * error if error > _EXACT * abs(each) else 0.0
        low, high = each - half, each + half
    return Slope(each, at_zero, low, high, 1.0 - rest / total if total else None, count)
