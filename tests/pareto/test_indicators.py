from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from paretocaps.domain.objective import Objective, parse_objectives
from paretocaps.errors import UsageError
from paretocaps.pareto.indicators import hypervolume

OBJECTIVES = parse_objectives("acc,time")


def by_inclusion_and_exclusion(matrix, reference):
    """The measure of a union of boxes by its definition: minimized points, O(2^n)."""
    boxes = [point for point in matrix if (point < reference).all()]
    total = 0.0
    for size in range(1, len(boxes) + 1):
        for chosen in combinations(boxes, size):
            total -= (-1) ** size * np.prod(reference - np.max(chosen, axis=0))
    return total


@st.composite
def sets(draw, largest=6):
    dimensions = draw(st.integers(2, 4))
    elements = st.integers(-5, 10).map(lambda i: i / 4)
    points = draw(arrays(np.float64, (draw(st.integers(0, largest)), dimensions), elements=elements))
    directions = draw(
        st.lists(st.sampled_from(["minimize", "maximize"]), min_size=dimensions, max_size=dimensions)
    )
    return points, [Objective(f"o{i}", d, "", "") for i, d in enumerate(directions)]


@given(sets())
def test_it_is_the_measure_of_the_union_of_boxes(case):
    points, objectives = case
    signs = np.array([o.sign for o in objectives])
    expected = by_inclusion_and_exclusion(points, np.full(len(signs), 2.0))
    assert hypervolume(points * signs, signs * 2.0, objectives) == pytest.approx(expected, abs=1e-9)


@given(sets(), st.randoms(use_true_random=False))
def test_the_order_of_the_points_does_not_matter(case, random):
    points, objectives = case
    reference = [o.sign * 3.0 for o in objectives]
    order = list(range(len(points)))
    random.shuffle(order)
    shuffled = hypervolume(points[order], reference, objectives)
    assert shuffled == pytest.approx(hypervolume(points, reference, objectives), rel=1e-12)


@given(sets(), st.floats(0.0, 3.0), st.data())
def test_a_dominated_point_changes_nothing_and_no_point_takes_anything_away(case, worse, data):
    points, objectives = case
    signs = np.array([o.sign for o in objectives])
    reference = signs * 3.0
    before = hypervolume(points, reference, objectives)
    if len(points):
        chosen = points[data.draw(st.integers(0, len(points) - 1))]
        after = hypervolume([*points, chosen + signs * worse], reference, objectives)
        assert after == pytest.approx(before, rel=1e-12)
    anywhere = data.draw(arrays(np.float64, len(signs), elements=st.floats(-4.0, 4.0)))
    assert hypervolume([*points, anywhere], reference, objectives) >= before * (1 - 1e-12)


def test_natural_units_and_directions():
    # 0.9 and 0.8 accuracy against 0.5; 10 s and 4 s against 20 s
    assert hypervolume([[0.9, 10.0], [0.8, 4.0]], (0.5, 20.0), OBJECTIVES) == pytest.approx(
        0.4 * 10 + 0.3 * 16 - 0.3 * 10
    )


def test_points_that_are_not_better_than_the_reference_contribute_nothing():
    reference = (0.5, 20.0)
    outside = [[0.5, 10.0], [0.9, 20.0], [0.4, 30.0], [0.99, 21.0]]
    assert hypervolume(outside, reference, OBJECTIVES) == 0.0
    assert hypervolume([*outside, [0.6, 10.0]], reference, OBJECTIVES) == pytest.approx(1.0)


@pytest.mark.parametrize("values", [[], [[np.nan, 1.0]], [[np.inf, 1.0]]])
def test_nothing_has_no_volume(values):
    assert hypervolume(values, (0.0, 10.0), OBJECTIVES) == 0.0


def test_one_row_that_is_not_finite_does_not_poison_the_others():
    assert hypervolume([[0.6, 10.0], [np.nan, 5.0]], (0.5, 20.0), OBJECTIVES) == pytest.approx(1.0)


def test_a_reference_point_that_is_not_finite_is_refused():
    with pytest.raises(UsageError, match="not finite"):
        hypervolume([[0.6, 10.0]], (0.5, np.inf), OBJECTIVES)
