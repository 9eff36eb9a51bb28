import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import stdtrit
from scipy.stats import binom, binomtest, t

from paretocaps.domain.estimate import (
    Estimate,
    estimated,
    over_seeds,
    t_quantile,
    wilson_interval,
)

VALUES = st.lists(st.floats(0, 1e6), min_size=2, max_size=9)


@pytest.mark.parametrize("df", [*range(1, 40), 99, 500])
def test_the_quantile_is_scipy_s(df):
    assert t_quantile(df) == pytest.approx(stdtrit(df, 0.975), rel=1e-12)


@given(VALUES)
def test_several_seeds_have_scipy_s_t_interval(values):
    found = over_seeds(values, signed=True)
    assert found.value == pytest.approx(sum(values) / len(values))
    assume(found.sd > 1e-9 * found.value)
    wanted = t.interval(0.95, len(values) - 1, found.value, found.sd / math.sqrt(len(values)))
    assert (found.low, found.high) == pytest.approx(wanted, rel=1e-9, abs=1e-6)
    assert found.n == len(values)


@given(st.integers(1, 20_000), st.floats(0, 1))
def test_one_seed_has_scipy_s_wilson_interval(images, share):
    right = round(share * images)
    wanted = binomtest(right, images).proportion_ci(0.95, "wilson")
    found = over_seeds([right / images], share=True, images=images)
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert (found.n, found.sd) == (1, None)


@pytest.mark.parametrize("images", [10, 50, 144])
def test_wilson_intervals_cover_the_probability_nearly_always(images):
    """The chance of an interval that has the probability, summed over all outcomes: no draws, no noise."""
    intervals = [wilson_interval(right / images, images) for right in range(images + 1)]
    probabilities = [step / 100 for step in range(5, 96)]
    covered = [
        sum(binom.pmf(right, images, p) for right, (low, high) in enumerate(intervals) if low <= p <= high)
        for p in probabilities
    ]
    assert sum(covered) / len(covered) == pytest.approx(0.95, abs=0.015)
    assert min(covered) > 0.88


def test_perfect_and_hopeless_accuracies_have_intervals_that_hold_them():
    assert wilson_interval(1.0, 20) == (pytest.approx(0.8389, abs=1e-4), 1.0)
    assert wilson_interval(0.0, 20) == (0.0, pytest.approx(0.1611, abs=1e-4))


@given(VALUES)
def test_intervals_stay_where_values_are_possible(values):
    assert over_seeds(values).low >= 0
    shares = over_seeds([value / 1e6 for value in values], share=True)
    assert 0 <= shares.low <= shares.high <= 1


def test_a_quantity_that_may_be_negative_is_not_cut_at_0():
    assert over_seeds([0.1, 0.3]).low == 0
    assert over_seeds([0.1, 0.3], signed=True).low == pytest.approx(0.2 - 1.2706, abs=1e-4)
    assert over_seeds([-0.1, -0.3]).high == pytest.approx(-0.2 + 1.2706, abs=1e-4)


def test_seeds_that_agree_deviate_by_0():
    assert over_seeds([0.1, 0.1, 0.1]) == Estimate(0.1, 3, 0.0, 0.1, 0.1)
    assert over_seeds([8_215_568.0] * 2).sd == 0


def test_a_share_in_which_seeds_agree_has_the_interval_of_its_images():
    assert over_seeds([0.9, 0.9], share=True) == Estimate(0.9, 2, 0.0, 0.9, 0.9)
    one, two = (estimated(0.9, n, sd, share=True, images=100) for n, sd in ((1, None), (2, 0.0)))
    assert (two.low, two.high, two.sd) == (one.low, one.high, 0.0)


def test_one_seed_has_an_interval_only_as_a_share_of_a_known_number_of_images():
    assert over_seeds([2.5]) == Estimate(2.5, 1)
    assert over_seeds([0.9], share=True) == Estimate(0.9, 1)
    assert over_seeds([0.9], images=100) == Estimate(0.9, 1)
    assert estimated(0.9, 1, None, share=True, images=100).low == pytest.approx(0.8256, abs=1e-4)


def test_a_value_that_a_seed_lacks_has_no_mean_and_no_interval():
    assert over_seeds([3.0, None, 5.0]) == Estimate(None, 2)
    assert over_seeds([None]) == Estimate(None, 0)


def test_half_a_width_is_the_larger_half():
    assert Estimate(0.9, 1, None, 0.8, 0.95).half_width == pytest.approx(0.1)
    assert Estimate(0.9, 1).half_width is None
    assert Estimate(0.9, 2, 0.0, 0.9, 0.9).half_width == 0


def test_columns_have_the_name_of_the_quantity():
    assert Estimate(0.9, 2, 0.1, 0.0, 1.0).columns("acc") == {
        "acc": 0.9,
        "acc_sd": 0.1,
        "acc_low": 0.0,
        "acc_high": 1.0,
    }
