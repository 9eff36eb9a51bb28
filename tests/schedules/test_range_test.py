import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.schedules.range_test import RISE, RangePoint, observed, rising_rates, suggest

LOSSES = st.lists(st.floats(1e-3, 10), min_size=20, max_size=60)


def swept(losses, low=1e-6, high=1.0):
    return list(observed(rising_rates(low, high, len(losses)), losses))


@given(st.floats(1e-9, 1e-2), st.floats(1.5, 1e6), st.integers(2, 300))
def test_rates_rise_by_one_factor_from_low_to_high(low, factor, steps):
    rates = rising_rates(low, low * factor, steps)
    assert (rates[0], rates[-1]) == pytest.approx((low, low * factor))
    ratios = [b / a for a, b in pairwise(rates)]
    assert ratios == pytest.approx([factor ** (1 / (steps - 1))] * (steps - 1))


@given(st.floats(0.1, 5), st.integers(20, 300))
def test_a_loss_that_stays_is_smoothed_to_itself(loss, steps):
    points = swept([loss] * steps)
    assert len(points) == steps
    assert [point.smoothed for point in points] == pytest.approx([loss] * steps)


@given(LOSSES)
def test_a_smoothed_loss_lies_between_what_was_seen(losses):
    for point in swept(losses):
        seen = losses[: point.step + 1]
        assert min(seen) * (1 - 1e-9) <= point.smoothed <= max(seen) * (1 + 1e-9)
        assert point.loss == seen[-1]


@given(LOSSES)
def test_it_ends_at_the_first_settled_rise(losses):
    points = swept(losses)
    lowest = math.inf
    for point in points[:-1]:
        assert point.step < 0.1 * len(losses) or point.smoothed <= RISE * lowest
        lowest = min(lowest, point.smoothed)
    assert len(points) == len(losses) or points[-1].smoothed > RISE * lowest


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_it_ends_at_a_loss_that_is_no_number_and_asks_for_no_other(broken):
    def losses():
        yield from [0.8, 0.7, broken]
        raise AssertionError("asked for more")

    points = list(observed(rising_rates(1e-6, 1, 50), losses()))
    assert [point.loss for point in points] == [0.8, 0.7]


def valley(lowest, width=1.0, steps=241):
    """Losses that fall from 0.8 and rise again about the rate `lowest`."""
    rates = rising_rates(1e-6, 1.0, steps)
    return [
        RangePoint(n, rate, loss, loss)
        for n, rate in enumerate(rates)
        for loss in [0.8 - 0.6 * math.exp(-((math.log10(rate / lowest) / width) ** 2))]
    ]


@settings(deadline=None)
@given(st.floats(1e-4, 1e-1), st.floats(0.3, 1.5))
def test_bounds_are_one_and_two_orders_below_the_valley(lowest, width):
    found = suggest(valley(lowest, width))
    step = 10 ** (6 / 240)
    assert lowest / step <= found.lowest <= lowest * step
    assert found.lr_max == pytest.approx(found.lowest / 10)
    assert found.lr_min == pytest.approx(found.lowest / 100)
    # a bell falls fastest at its width over the root of two below its middle
    expected = lowest * 10 ** (-width / math.sqrt(2))
    if expected > 1e-6 * step:
        assert expected / step**2 <= found.steepest <= expected * step**2


def test_a_loss_that_only_rises_suggests_nothing():
    rising = [RangePoint(n, rate, 0.5 + n, 0.5 + n) for n, rate in enumerate(rising_rates(1e-6, 1, 20))]
    for points in (rising, rising[:1], []):
        found = suggest(points)
        assert (found.lr_min, found.lr_max, found.steepest, found.lowest) == (None,) * 4
