import numpy as np
import pytest

from paretocaps.domain.objective import parse_objectives
from paretocaps.errors import UsageError
from paretocaps.pareto.matrix import minimized, signs

OBJECTIVES = parse_objectives("acc,time,params")


def test_maximized_columns_are_negated_and_rows_that_are_not_finite_left_out():
    values = [[0.9, 1.0, 10], [np.nan, 1.0, 10], [0.8, np.inf, 10], [0.7, 2.0, 5]]
    matrix, rows = minimized(values, OBJECTIVES)
    assert matrix.tolist() == [[-0.9, 1.0, 10.0], [-0.7, 2.0, 5.0]]
    assert rows.tolist() == [0, 3]


def test_signs_undo_themselves():
    assert (signs(OBJECTIVES) * signs(OBJECTIVES)).tolist() == [1.0, 1.0, 1.0]
    assert signs(OBJECTIVES).tolist() == [-1.0, 1.0, 1.0]


def test_no_trials_are_no_rows():
    matrix, rows = minimized([], OBJECTIVES)
    assert matrix.shape == (0, 3)
    assert rows.tolist() == []


@pytest.mark.parametrize("values", [[[1.0, 2.0]], [1.0, 2.0, 3.0], [[[1.0, 2.0, 3.0]]]])
def test_another_shape_is_refused_with_the_objectives_named(values):
    with pytest.raises(UsageError, match="3 objectives \\(acc, time, params\\)"):
        minimized(values, OBJECTIVES)
