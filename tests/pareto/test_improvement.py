import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.objective import Objective
from paretocaps.pareto.improvement import dominated_boxes, expected_improvement, thinned
from paretocaps.pareto.indicators import hypervolume


def objectives(m):
    return [Objective(f"o{j}", "minimize", "", "") for j in range(m)]


def made(seed, m, n, steps=None):
    generator = np.random.default_rng(seed)
    points = generator.random((n, m)) * 1.2
    return points if steps is None else np.round(points * steps) / steps


@given(st.integers(0, 9999), st.integers(2, 4), st.integers(0, 14), st.sampled_from([None, 4]))
def test_the_boxes_are_disjoint_and_fill_what_is_dominated(seed, m, n, steps):
    points, reference = made(seed, m, n, steps), np.ones(m)
    low, high = dominated_boxes(points, reference)
    assert (high - low).prod(axis=1).sum() == pytest.approx(hypervolume(points, reference, objectives(m)))
    sample = np.random.default_rng(seed).random((50, m))
    inside = ((low < sample[:, None]) & (sample[:, None] < high)).all(axis=2).sum(axis=1)
    dominated = (points <= sample[:, None]).all(axis=2).any(axis=1) if n else np.zeros(50)
    assert (inside == dominated).all()


@given(st.integers(0, 9999), st.integers(2, 4), st.integers(0, 12), st.sampled_from([None, 4]))
def test_a_known_candidate_adds_the_difference_of_two_hypervolumes(seed, m, n, steps):
    points, candidates, reference = made(seed, m, n, steps), made(seed + 1, m, 5, steps), np.ones(m)
    before = hypervolume(points, reference, objectives(m))
    after = [hypervolume(np.vstack([points, one]), reference, objectives(m)) for one in candidates]
    found = expected_improvement(candidates, np.zeros_like(candidates), points, reference)
    assert found == pytest.approx(np.subtract(after, before), abs=1e-12)


def test_the_expectation_is_that_of_many_draws():
    points, reference = made(3, 3, 8), np.ones(3)
    mean, deviation = np.array([[0.3, 0.2, 0.5]]), np.array([[0.1, 0.0, 0.3]])
    draws = np.random.default_rng(0).normal(mean, deviation, (20_000, 3))
    added = expected_improvement(draws, np.zeros_like(draws), points, reference)
    found = expected_improvement(mean, deviation, points, reference)
    assert found[0] == pytest.approx(added.mean(), abs=4 * added.std() / np.sqrt(len(draws)))


def test_how_many_candidates_are_computed_at_once_changes_nothing(monkeypatch):
    mean, deviation, points = made(1, 3, 20), made(2, 3, 20), made(3, 3, 9)
    whole = expected_improvement(mean, deviation, points, np.ones(3))
    monkeypatch.setattr("paretocaps.pareto.improvement._VALUES", 1)
    assert expected_improvement(mean, deviation, points, np.ones(3)).tolist() == whole.tolist()


@pytest.mark.parametrize(("m", "kept"), [(2, 250), (3, 250), (4, 200), (5, 60), (6, 30)])
def test_of_a_large_front_over_many_objectives_some_points_stand_for_it(m, kept):
    front, reference = np.random.default_rng(m).dirichlet(np.ones(m), 250), np.ones(m)
    some = thinned(front, reference)
    assert len(some) == kept
    assert {*map(tuple, some)} <= {*map(tuple, front)}
    assert hypervolume(some, reference, objectives(m)) > 0.9 * hypervolume(front, reference, objectives(m))
    assert len(thinned(front[:30], reference)) == 30
