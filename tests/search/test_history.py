import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from paretocaps.search.history import History

CHOICE = CategoricalDistribution(("a", "b"))
COUNT = IntDistribution(1, 9)


def trial(number, state=TrialState.COMPLETE, values=(0.5, 2.0), count=None, choice="b", **more):
    params = {"choice": choice, **({"count": count} if count else {})}
    distributions = {"choice": CHOICE, **({"count": COUNT} if count else {})}
    made = create_trial(
        state=state,
        params=params,
        distributions=distributions,
        values=values if state == TrialState.COMPLETE else None,
        **more,
    )
    made.number = number
    return made


@pytest.fixture
def history():
    return History([optuna.study.StudyDirection.MAXIMIZE, optuna.study.StudyDirection.MINIMIZE])


def read(history, trials, asked=-1):
    return history.read(trials, asked, lambda one: one.params).tolist()


def test_trials_are_read_once_as_they_end(history):
    trials = [trial(0, count=3), trial(1, TrialState.RUNNING, count=5), trial(2, TrialState.PRUNED)]
    assert read(history, trials, asked=1) == [0]
    assert (history.complete.tolist(), history.pruned.tolist(), history.running.tolist()) == ([0], [2], [])
    assert read(history, trials) == []
    assert history.running.tolist() == [1]
    trials[1] = trial(1, count=7)
    assert read(history, [*trials, trial(3, TrialState.FAIL)]) == [1]
    assert history.complete.tolist() == [0, 1]
    assert history.running.tolist() == []
    assert history.ended == 3
    assert history.losses[:2].tolist() == [[-0.5, 2.0]] * 2


def test_trials_that_were_rejected_are_among_those_that_ended_where_they_break_a_bound(history):
    rejected = [
        trial(k, TrialState.PRUNED, user_attrs={"rejected": True}, constraints={"c": 2.0 - k}) for k in (1, 2)
    ]
    read(history, [trial(0), *rejected])
    assert (history.rejected.tolist(), history.infeasible.tolist(), history.ended) == ([2], [1], 2)


def test_a_trial_that_is_told_of_again_is_read_again(history):
    trials = [trial(0), trial(1, TrialState.PRUNED), trial(2, values=(0.1, 1.0))]
    read(history, trials)
    assert history.revisions == 0
    trials[1:] = [trial(1, values=(0.7, 3.0)), trial(2, values=(0.2, 1.0))]
    assert read(history, trials) == [1, 2]
    assert (history.complete.tolist(), history.pruned.tolist()) == ([0, 1, 2], [])
    assert history.losses[:3].tolist() == [[-0.5, 2.0], [-0.7, 3.0], [-0.2, 1.0]]
    assert history.revisions == 1


def test_values_are_those_of_trials_with_all_parameters(history):
    read(history, [trial(0, count=3), trial(1, choice="a"), trial(2, count=9, choice="a")])
    observed = history.observed(np.arange(3), ["choice", "count"])
    assert {name: column.tolist() for name, column in observed.items()} == {
        "choice": [1, 0],
        "count": [3, 9],
    }
    assert history.observed(np.arange(3), ["choice"])["choice"].tolist() == [1, 0, 0]


def test_it_grows(history):
    first = trial(0, count=3)
    read(history, [first])
    read(history, [first, *(trial(number, count=1 + number % 9) for number in range(1, 300))])
    counts = history.observed(np.arange(300), ["count"])["count"]
    assert counts.tolist() == [3, *(1 + number % 9 for number in range(1, 300))]
    assert len(history.complete) == 300


def test_broken_constraints_are_added_up(history):
    read(history, [trial(0, constraints={"c": 1.0, "d": 2.0, "e": -1.0}), trial(1, constraints={"c": 0.0})])
    assert history.infeasible.tolist() == [0]
    assert history.excess[:2].tolist() == [3.0, 0.0]


def test_other_values_of_a_categorical_parameter_are_told(history):
    read(history, [trial(0)])
    assert history.shows({"choice": CHOICE, "new": COUNT})
    assert not history.shows({"choice": CategoricalDistribution(("b", "a"))})


def test_what_it_cannot_show_is_told(history):
    assert history.plain
    read(history, [trial(0, values=(0.5, float("inf")))])
    assert not history.plain
    assert not history.shows({})
