import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from paretocaps.domain.objective import Objective
from paretocaps.pareto.dominance import layers, nondominated, rank

DIRECTIONS = st.lists(st.sampled_from(["minimize", "maximize"]), min_size=2, max_size=5)


def objectives(directions):
    return [Objective(f"o{i}", direction, "", "") for i, direction in enumerate(directions)]


def beats(a, b, signs):
    """Whether row a is at least as good as row b everywhere and better somewhere, from the definition."""
    differences = [sign * (x - y) for sign, x, y in zip(signs, a, b, strict=True)]
    return all(d <= 0 for d in differences) and any(d < 0 for d in differences)


@st.composite
def tables(draw, allow_nan=True):
    directions = draw(DIRECTIONS)
    shape = (draw(st.integers(0, 25)), len(directions))
    # few distinct numbers: ties and duplicates are the interesting cases
    numbers = [0.0, -0.0, 1.0, 2.0, 3.0, -1.5, 1e-9, 1e12]
    elements = st.sampled_from([*numbers, np.nan, np.inf, -np.inf] if allow_nan else numbers)
    return draw(arrays(np.float64, shape, elements=elements)), objectives(directions)


@pytest.mark.slow
@given(tables())
def test_the_front_is_what_no_row_beats(table):
    values, objs = table
    signs = [o.sign for o in objs]
    finite = [i for i in range(len(values)) if np.isfinite(values[i]).all()]
    expected = {i for i in finite if not any(beats(values[j], values[i], signs) for j in finite)}
    found = rank(values, objs).tolist()
    assert set(found) == expected
    assert len(found) == len(expected)


@given(tables())
def test_best_in_the_first_objective_first_then_the_others_then_by_row(table):
    values, objs = table
    found = rank(values, objs).tolist()
    keys = [[o.sign * v for o, v in zip(objs, values[i], strict=True)] + [i] for i in found]
    assert keys == sorted(keys)


@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(table, random):
    values, objs = table
    order = list(range(len(values)))
    random.shuffle(order)
    original = sorted(map(str, values[rank(values, objs)].tolist()))
    assert sorted(map(str, values[order][rank(values[order], objs)].tolist())) == original


def test_duplicates_are_all_kept():
    objs = objectives(["maximize", "minimize"])
    assert rank([[0.9, 5.0], [0.8, 9.0], [0.9, 5.0], [0.7, 1.0]], objs).tolist() == [0, 2, 3]


def test_ten_thousand_rows_with_a_known_front():
    # 100 rows on the plane x + y + z = 1, and 9,900 each pushed away from one of them
    generator = np.random.default_rng(0)
    plane = generator.dirichlet([1.0, 1.0, 1.0], size=100)
    pushed = plane[generator.integers(0, 100, 9_900)] + generator.uniform(0.01, 1.0, (9_900, 3))
    found = rank(np.concatenate([pushed, plane]), objectives(["minimize"] * 3))
    assert sorted(found.tolist()) == list(range(9_900, 10_000))


def test_nothing_is_no_front():
    assert rank([], objectives(["maximize", "minimize"])).tolist() == []
    assert nondominated(np.zeros((0, 2))).tolist() == []


@given(st.integers(1, 4), st.integers(1, 60), st.data())
def test_layers_are_the_fronts_of_what_is_left(columns, fewest, data):
    shape = st.tuples(st.integers(0, 40), st.just(columns))
    matrix = data.draw(arrays(float, shape, elements=st.integers(-3, 3).map(float)))
    left, found = np.arange(len(matrix)), layers(matrix, fewest)
    for layer in found:
        assert set(layer) == set(left[nondominated(matrix[left])])
        left = np.setdiff1d(left, layer)
    assert sum(map(len, found[:-1])) < fewest
    assert len(left) == 0 or sum(map(len, found)) >= fewest
