import numpy as np
import pytest
from scipy.stats import linregress, t

from paretocaps.report.slopes import slope_of


def test_a_slope_and_its_interval_are_those_of_least_squares():
    random = np.random.default_rng(0)
    xs = np.repeat(np.arange(1, 9), 3)
    ys = 5 + 3 * xs + random.normal(size=24)
    slope = slope_of(list(zip(xs.tolist(), ys.tolist(), strict=True)))
    wanted = linregress(xs, ys)
    half = t.ppf(0.975, 22) * wanted.stderr
    assert (slope.each, slope.at_zero) == pytest.approx((wanted.slope, wanted.intercept))
    assert (slope.low, slope.high) == pytest.approx((wanted.slope - half, wanted.slope + half))
    assert (slope.explained, slope.count) == (pytest.approx(wanted.rvalue**2), 24)
    assert slope.at(2.0) == pytest.approx(wanted.intercept + 2 * wanted.slope)


def test_two_values_have_no_interval_and_one_depth_no_slope():
    slope = slope_of([(1.0, 4.0), (3.0, 8.0)])
    assert (slope.each, slope.at_zero, slope.low, slope.high) == (2.0, 2.0, None, None)
    assert slope_of([(1.0, 4.0), (1.0, 5.0)]) is None
    assert slope_of([]) is None
    assert slope_of([(1.0, 4.0), (2.0, 4.0)]).explained is None


def test_values_on_a_line_have_no_error_by_rounding():
    slope = slope_of([(float(x), 38_400_000.0 + 3_799_808.0 * x) for x in (1, 3, 6)])
    assert slope.low == slope.each == slope.high
