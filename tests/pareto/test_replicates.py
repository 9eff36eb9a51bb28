"""Which trial's next seed tells most."""

import numpy as np

from paretocaps.pareto.membership import Membership
from paretocaps.pareto.replicates import worth

ALL = np.ones(3, dtype=bool)


def contest(second_beats_first: float, first: float) -> Membership:
    dominates = np.zeros((3, 3))
    dominates[1, 0] = second_beats_first
    return Membership(np.array([first, 1.0, 1.0]), dominates)


def test_settled_trials_are_worth_nothing():
    assert worth(contest(0.0, 1.0), np.ones(3, dtype=int), ALL).tolist() == [0.0, 0.0, 0.0]
    assert worth(contest(0.5, 0.01), np.ones(3, dtype=int), ALL).tolist() == [0.0, 0.0, 0.0]


def test_both_trials_of_an_uncertain_pair_count_and_fewer_seeds_more():
    found = worth(contest(0.5, 0.5), np.array([1, 2, 1]), ALL)
    assert found[0] > found[1] > found[2] == 0.0


def test_members_count_more_than_trials_near_the_front():
    found = worth(contest(0.5, 0.5), np.ones(3, dtype=int), np.array([False, True, True]))
    assert found[1] > found[0] > 0.0
