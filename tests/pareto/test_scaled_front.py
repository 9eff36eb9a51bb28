import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from paretocaps.domain.objective import Objective, parse_objectives
from paretocaps.errors import UsageError
from paretocaps.pareto.dominance import nondominated
from paretocaps.pareto.scaled_front import factors, front_rows, scale

TWO = parse_objectives("acc,time")
FREE = [Objective("gain", "maximize", "", ""), Objective("loss", "minimize", "", "", signed=True)]
"""Objectives without a best value that is possible."""


def test_a_front_has_its_finite_rows_that_none_beats_with_less_being_better():
    rows, matrix = front_rows([[0.8, 6.0], [0.9, 5.0], [math.nan, 1.0], [0.5, 1.0], [0.9, 5.0]], TWO)
    assert rows.tolist() == [1, 4, 3], "the best in the first objective first"
    assert matrix.tolist() == [[-0.9, 5.0], [-0.9, 5.0], [-0.5, 1.0]]


@pytest.mark.parametrize("values", [[], [[math.nan, 1.0], [0.9, math.inf]]])
def test_a_front_without_finite_rows_is_refused(values):
    with pytest.raises(UsageError, match="the front is empty: no trial has finite values in all objectives"):
        front_rows(values, TWO)


def test_what_has_a_limit_is_compared_by_factors():
    """A tenth of the errors, and ten times the seconds, are as much wherever they begin."""
    matrix = np.array([[-0.9, 1.0], [-0.99, 10.0], [-0.999, 100.0]])
    found, least = factors(matrix, TWO)
    assert np.diff(found, axis=0) == pytest.approx(np.array([[-math.log(10), math.log(10)]] * 2))
    assert least.tolist() == [math.log(2)] * 2


def test_a_value_at_its_limit_counts_as_half_the_least_of_the_others():
    found, _ = factors(np.array([[-1.0, 4.0], [-0.98, 0.0], [-0.9, 1.0]]), TWO)
    assert found[:, 0] == pytest.approx(np.log([0.01, 0.02, 0.1]))
    assert found[:, 1] == pytest.approx(np.log([4.0, 0.5, 1.0]))


@pytest.mark.parametrize(
    ("matrix", "objectives"),
    [
        ([[-3.0, 5.0], [2.0, -5.0]], FREE),
        ([[-1.0, 0.0], [-1.0, 0.0]], TWO),  # all are at their limits
        ([[-1.5, -2.0], [-0.5, 3.0]], TWO),  # some are beyond them
    ],
)
def test_other_columns_are_taken_as_they_are(matrix, objectives):
    found, least = factors(np.array(matrix), objectives)
    assert found.tolist() == matrix
    assert least.tolist() == [0.0, 0.0]


def test_a_front_is_scaled_to_its_ranges():
    found = scale(np.array([[1.0, 30.0], [2.0, 20.0], [5.0, 10.0], [5.0, 11.0], [1.0, 30.0]]))
    assert found.rows.tolist() == [0, 1, 2], "of equal rows the first, and of beaten ones none"
    assert found.matrix == pytest.approx(np.array([[0.0, 1.0], [0.25, 0.5], [1.0, 0.0]]))
    assert found.varying.tolist() == [True, True]


def test_what_varies_less_than_the_least_range_stays_below_1():
    found = scale(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([4.0, 0.5]))
    assert found.matrix == pytest.approx(np.array([[0.0, 1.0], [0.25, 0.0]]))


def test_what_is_the_same_for_all_has_no_column():
    found = scale(np.array([[1.0, 7.0, 2.0], [2.0, 7.0, 1.0]]))
    assert found.varying.tolist() == [True, False, True]
    assert found.matrix.tolist() == [[0.0, 1.0], [1.0, 0.0]]
    alone = scale(np.array([[3.0, 4.0], [3.0, 4.0]]))
    assert (alone.rows.tolist(), alone.matrix.shape, alone.varying.any()) == ([0], (1, 0), False)


def test_huge_values_do_not_overflow():
    most = np.finfo(float).max
    assert scale(np.array([[-most, most], [most, -most]])).matrix.tolist() == [[0.0, 1.0], [1.0, 0.0]]


@given(arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 4)), elements=st.floats(-1e9, 1e9)))
def test_every_front_lies_between_0_and_1_where_no_row_beats_or_repeats_another(matrix):
    found = scale(matrix)
    assert set(found.rows) <= set(nondominated(matrix))
    assert found.matrix.shape == (len(found.rows), found.varying.sum())
    assert ((found.matrix >= 0.0) & (found.matrix <= 1.0)).all()
    assert len(np.unique(found.matrix, axis=0)) == len(found.rows)
    assert len(found.rows) == 1 or len(nondominated(found.matrix)) == len(found.rows)
