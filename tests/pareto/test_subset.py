import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna._hypervolume.hssp import _solve_hssp

from paretocaps.pareto.subset import greedy_subset


def front(seed, rows, columns):
    """Return distinct rows on a sphere around the point that is worst in every column."""
    points = np.abs(np.random.default_rng(seed).normal(size=(rows, columns))) + 1e-3
    return 2.0 - points / np.linalg.norm(points, axis=1)[:, None]


@given(st.integers(0, 9999), st.integers(1, 30), st.integers(2, 4), st.data())
def test_it_chooses_what_optuna_chooses(seed, rows, columns, data):
    values = front(seed, rows, columns)
    size = data.draw(st.integers(1, rows))
    reference = np.full(columns, 2.2)
    theirs = _solve_hssp(values, np.arange(rows), size, reference)
    assert greedy_subset(values, size, reference).tolist() == sorted(theirs.tolist())


def test_equal_rows_come_last():
    values = np.array([[1.0, 3.0], [1.0, 3.0], [2.0, 2.0], [3.0, 1.0], [3.0, 1.0]])
    reference = np.array([3.3, 3.3])
    assert greedy_subset(values, 3, reference).tolist() == [0, 2, 3]
    assert greedy_subset(values, 4, reference).tolist() == [0, 1, 2, 3]
    assert greedy_subset(values, 5, reference).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("size", [1, 5])
def test_the_row_with_the_largest_volume_is_chosen(size):
    values = front(3, 9, 3)
    assert np.argmax(np.prod(2.2 - values, axis=1)) in greedy_subset(values, size, np.full(3, 2.2))
