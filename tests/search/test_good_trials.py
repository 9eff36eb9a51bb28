import numpy as np
import optuna
import pytest
from optuna.trial import TrialState, create_trial

from paretocaps.search.good_trials import GoodTrials
from paretocaps.search.history import History


@pytest.fixture
def history():
    return History([optuna.study.StudyDirection.MINIMIZE] * 2)


@pytest.fixture
def told(history):
    """Add a trial to the history, and return the good trials of it; `thinned` lists each new choice."""
    trials, thinned = [], []

    def subset(front, size, reference):
        thinned.append(len(front))
        return np.arange(size)

    good = GoodTrials(history, subset)

    def tell(count, *values, **more):
        state = TrialState.COMPLETE if values else TrialState.PRUNED
        trials.append(create_trial(state=state, values=values or None, **more))
        trials[-1].number = len(trials) - 1
        return good.split(history.read(trials, -1, lambda one: one.params), count)

    tell.thinned = thinned
    return tell


def test_a_trial_that_is_beaten_changes_nothing(told):
    for k in range(4):
        told(0, float(k), 3.0 - k)
    assert told(2, 9.0, 9.0).good.tolist() == [0, 1]
    assert told(2, 0.0, 3.5).good.tolist() == [0, 1]
    assert told(2, 3.0, 8.0).others.tolist() == [2, 3, 4, 5, 6]
    assert told.thinned == [4]
    assert told(2, 0.5, 2.2).good.tolist() == [0, 1]  # nothing beats it
    assert told.thinned == [4, 5]
    assert told(2, -1.0, -1.0).good.tolist() == [0, 7 + 1]
    assert told.thinned == [4, 5, 5]


def test_trials_that_were_rejected_for_no_bound_are_never_good(told):
    for constraints in (None, {"c": 0.0}):
        assert told(2, user_attrs={"rejected": True}, constraints=constraints).good.tolist() == []
    split = told(3, 1.0, 1.0)
    assert (split.good.tolist(), split.others.tolist()) == ([2], [0, 1])


def test_what_was_refused_is_never_good(told):
    for excess in (2.0, 1.0):
        told(1, user_attrs={"rejected": True}, constraints={"c": excess})
    for why in ("repeats", "contradicts"):
        split = told(3, user_attrs={why: True}, constraints={"c": 0.0})
    assert (split.good.tolist(), split.others.tolist()) == ([0, 1], [2, 3])


def test_trials_that_were_rejected_for_a_bound_are_good_where_there_are_too_few_others(told):
    for excess in (0.0, 3.0, 1.0):  # the first was rejected for something else
        told(1, user_attrs={"rejected": True}, constraints={"c": excess})
    told(1, constraints={"c": 2.0})
    split = told(4, 5.0, 5.0)
    assert (split.good.tolist(), split.others.tolist()) == ([1, 2, 3, 4], [0])
    assert told(3, 6.0, 6.0).good.tolist() == [2, 4, 5]


def test_trials_without_values_are_good_only_where_there_are_too_few_others(told):
    told(1, 1.0, 1.0)
    told(1)
    told(1, 2.0, 2.0, constraints={"c": 2.0})
    assert told(1, 3.0, 3.0, constraints={"c": 1.0}).good.tolist() == [0]
    assert told(2, 4.0, 4.0, constraints={"c": 9.0}).good.tolist() == [0, 1]
    assert told(3, 5.0, 5.0, constraints={"c": 9.0}).good.tolist() == [0, 1, 3]
