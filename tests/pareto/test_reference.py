import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from paretocaps.domain.objective import Objective, parse_objectives
from paretocaps.errors import UsageError
from paretocaps.pareto.indicators import hypervolume
from paretocaps.pareto.reference import ideal_point, reference_point

OBJECTIVES = parse_objectives("acc,time,params")


def test_a_tenth_worse_than_the_worst():
    values = [[0.9, 10.0, 8_000_000], [0.8, 20.0, 6_000_000]]
    assert reference_point(values, OBJECTIVES) == pytest.approx((0.72, 22.0, 8_800_000))


def test_negative_values_move_to_the_worse_side_too():
    objectives = [Objective("gain", "maximize", "", ""), Objective("loss", "minimize", "", "")]
    assert reference_point([[-2.0, -10.0], [-1.0, -20.0]], objectives) == pytest.approx((-2.2, -9.0))


def test_where_the_worst_is_zero_the_margin_is_a_tenth_of_the_spread_or_of_one():
    objectives = parse_objectives("acc,memory")
    assert reference_point([[0.0, 0.0], [0.8, 0.0]], objectives) == pytest.approx((-0.08, 0.1))


def test_rows_that_are_not_finite_are_left_out():
    values = [[0.9, 10.0, 100.0], [0.1, np.nan, 9e9], [np.inf, 1.0, 1.0]]
    assert reference_point(values, OBJECTIVES) == pytest.approx((0.81, 11.0, 110.0))


@pytest.mark.parametrize("values", [[], [[np.nan, 1.0, 1.0]]])
def test_it_needs_a_finite_trial(values):
    with pytest.raises(UsageError, match="needs one"):
        reference_point(values, OBJECTIVES)


@given(arrays(np.float64, (4, 3), elements=st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)))
def test_every_one_of_the_first_trials_counts(values):
    point = reference_point(values, OBJECTIVES)
    for row in values:
        assert hypervolume([row], point, OBJECTIVES) > 0.0


def test_the_ideal_point_is_the_limit_of_what_has_one():
    assert ideal_point([[0.9, 10.0, 8e6]], OBJECTIVES) == (1.0, 0.0, 0.0)


def test_without_a_limit_it_is_a_tenth_better_than_the_best():
    objectives = [Objective("gain", "maximize", "", ""), Objective("loss", "minimize", "", "", signed=True)]
    assert ideal_point([[2.0, -10.0], [1.0, -20.0]], objectives) == pytest.approx((2.2, -22.0))
    assert ideal_point([[-2.0, 0.0], [0.0, 1.0]], objectives) == pytest.approx((0.2, -0.1))


def test_of_values_beyond_the_limit_it_is_a_tenth_better_than_the_best():
    objectives = [Objective("acc", "maximize", "", ""), Objective("nll", "minimize", "", "")]
    assert ideal_point([[0.5, -1.0], [0.7, -5.0]], objectives)[1] == pytest.approx(-5.5)
    assert ideal_point([[0.5, 1.0], [0.7, 0.0]], objectives)[1] == 0.0
