"""How probably trials are non-dominated."""

import numpy as np
import pytest

from paretocaps.domain.objective import OBJECTIVES
from paretocaps.pareto import membership as module
from paretocaps.pareto.membership import Trainings, candidates, chosen, draws, membership

OBJECTIVES_2 = OBJECTIVES.get("acc"), OBJECTIVES.get("params")
nan = np.nan


def trainings(*trials, images=None, right=None):
    """Return trials given as lists of (acc, params) by seed."""
    most = max(map(len, trials))
    values = np.array([[*one, *[(nan, nan)] * (most - len(one))] for one in trials], dtype=float)
    return Trainings(values, right or {}, images)


def probabilities(found, objectives=OBJECTIVES_2):
    return membership(draws(found, objectives)).probability


def test_trials_that_nothing_comes_near_are_certain():
    found = trainings([(0.9, 100), (0.91, 100)], [(0.5, 10), (0.51, 10)], [(0.5, 200), (0.49, 200)])
    assert probabilities(found).tolist() == [1.0, 1.0, 0.0]


def test_equally_good_trials_of_equal_size_share_the_front():
    seeds = [(0.90, 100), (0.92, 100)]
    assert probabilities(trainings(seeds, seeds, images=100_000)) == pytest.approx([0.5, 0.5], abs=0.06)


def test_more_seeds_make_it_surer():
    better, worse = [(0.90, 100), (0.93, 100)], [(0.89, 100), (0.92, 100)]
    few = probabilities(trainings(better, worse))[0]
    many = probabilities(trainings(better * 5, worse * 5))[0]
    assert 0.5 < few < many


def test_networks_that_err_on_the_same_images_are_told_apart_by_them():
    wrong = np.zeros(100, dtype=bool)
    wrong[:20] = True
    fewer = wrong.copy()
    fewer[:6] = False
    values = [(0.86, 100)], [(0.80, 100)]
    paired = trainings(*values, images=100, right={(0, 0): ~fewer, (1, 0): ~wrong})
    apart = trainings(*values, images=100)
    assert probabilities(paired)[0] > probabilities(apart)[0]


def test_equal_seeds_give_equal_draws_and_the_scale_does_not_matter():
    found = trainings([(0.90, 100), (0.93, 100)], [(0.91, 120), (0.92, 120)])
    longer = Trainings(found.values * [1, 1000], {}, None)
    assert (probabilities(found) == probabilities(longer)).all()
    swapped = Trainings(found.values[..., ::-1], {}, None)
    turned = probabilities(swapped, OBJECTIVES_2[::-1])
    assert turned == pytest.approx(probabilities(found), abs=0.06)


def test_of_many_equal_trials_some_stay_and_stand_for_the_rest():
    objectives = OBJECTIVES.get("acc"), OBJECTIVES.get("time")
    found = trainings(*[[(0.90, 1.1), (0.92, 1.0)]] * 12)
    drawn = draws(found, objectives)
    probability = membership(drawn).probability
    assert probability.max() < 0.5
    kept = chosen(drawn, probability, np.arange(12))
    assert 1 <= len(kept) < 12


def test_a_member_that_another_beats_more_probably_than_not_is_left_out():
    found = trainings([(0.900, 100)] * 2, [(0.89, 110), (0.85, 110), (0.93, 110)])
    drawn = draws(found, OBJECTIVES_2)
    probability = membership(drawn).probability
    assert probability[0] > 0.9 > 0.5 > probability[1] > 0.0
    assert chosen(drawn, probability, np.array([0, 1])).tolist() == [0]


def test_candidates_are_those_within_a_few_errors_of_the_front():
    found = trainings([(0.90, 100)], [(0.89, 100)], [(0.3, 100)], [(0.2, 50)], [(nan, nan)], images=1000)
    assert candidates(found, OBJECTIVES_2).tolist() == [0, 1, 3]


def test_means_and_counts():
    found = trainings([(0.5, 10), (0.7, 10)], [(0.4, 20)])
    assert found.means().ravel().tolist() == pytest.approx([0.6, 10.0, 0.4, 20.0])
    assert found.counts.tolist() == [2, 1]


def test_images_are_resampled_in_parts_with_the_same_draws(monkeypatch):
    random = np.random.default_rng(3)
    right = {(0, 0): random.random(50) < 0.8, (1, 0): random.random(50) < 0.7}
    found = trainings([(0.8, 1.0)], [(0.7, 1.0)], images=50, right=right)
    given = found, found.right, 0, 40
    whole = module._over_images(*given, np.random.default_rng(0))
    monkeypatch.setattr(module, "_AT_ONCE", 7 * 50)
    np.testing.assert_array_equal(module._over_images(*given, np.random.default_rng(0)), whole)


def test_mistakes_on_unchanged_images_say_nothing_of_other_shares():
    """`robust` is that of changed images: its draws vary as a share of so many images does."""
    right = {(0, 0): np.ones(400, dtype=bool), (1, 0): np.ones(400, dtype=bool)}
    robust, params = OBJECTIVES.get("robust"), OBJECTIVES.get("params")
    found = trainings([(0.6, 1.0)], [(0.6, 1.0)], images=400, right=right)
    drawn = np.sin(-draws(found, (robust, params))[..., 0]) ** 2
    assert drawn.std(axis=0).min() > 1.2 * np.sqrt(0.6 * 0.4 / 400), "beside how seeds may differ"
