import numpy as np
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from paretocaps.domain.objective import parse_objectives
from paretocaps.search.finished_trials import LARGEST, REPEATS, FinishedTrials, Limits, Scaling

OBJECTIVES = parse_objectives("acc,time,params")


def trial(values, state=TrialState.COMPLETE, attributes=None, **constraints):
    return create_trial(
        state=state,
        values=values,
        params={"x": 0.5},
        distributions={"x": FloatDistribution(0.0, 1.0)},
        user_attrs=attributes or {},
        system_attrs={f"constraints:{name}": excess for name, excess in constraints.items()},
    )


def test_values_are_scaled_by_the_front_and_by_most_of_the_trials():
    values = np.array([[0.9, 10.0, 100.0], [0.8, 1.0, 100.0], [0.7, 100.0, 100.0]])
    scaling = Scaling.of(values, OBJECTIVES, np.array([0, 1]))
    assert scaling.scaled(values) == pytest.approx(
        np.array([[0.0, 2 / 3, 0.0], [2 / 3, 0.0, 0.0], [4 / 3, 4 / 3, 0.0]])
    )


def test_objectives_that_reach_0_are_scaled_as_they_are():
    values = np.array([[0.9, 0.0, 100.0], [0.8, 1.0, 10.0], [0.8, 4.0, 1.0]])
    scaled = Scaling.of(values, OBJECTIVES, np.arange(3)).scaled(values)
    assert scaled[:, 1] == pytest.approx([0.0, 0.25, 1.0])
    assert scaled[:, 2] == pytest.approx([1.0, 0.5, 0.0])


def test_known_quantities_are_scaled_by_column():
    values = np.array([[0.9, 10.0, 100.0], [0.8, 1.0, 1.0]])
    scaling = Scaling.of(values, OBJECTIVES, np.arange(2))
    assert scaling.known({"params": 10, "macs": 5}) == {2: pytest.approx(0.5)}
    assert scaling.known({}) == {}


def test_only_finished_trials_count_and_only_those_within_bounds_are_a_front():
    finished = FinishedTrials.of(
        [
            trial([0.9, 10.0, 100.0]),
            trial(None, TrialState.PRUNED),
            trial([0.95, 1.0, 1.0], small=0.5),
            trial([0.8, 20.0, 200.0], small=-0.5),
            trial(None, TrialState.RUNNING),
        ],
        OBJECTIVES,
    )
    assert len(finished.points) == 3
    assert finished.front.tolist() == [0]


def test_nothing_is_known_at_first():
    finished = FinishedTrials.of([], OBJECTIVES)
    assert (len(finished.points), finished.values.shape, len(finished.front)) == (0, (0, 3), 0)


def test_prior_trials_come_first_and_are_on_no_front():
    prior = [trial([0.95, 1.0, 1.0]), trial([0.5, 50.0, 500.0])]
    own = [trial([0.9, 10.0, 100.0]), trial([0.8, 20.0, 200.0]), trial([0.97, 2.0, 2.0])]
    alone, finished = FinishedTrials.of(own, OBJECTIVES), FinishedTrials.of(own, OBJECTIVES, prior=prior)
    assert finished.prior == 2
    assert len(finished.points) == 5
    assert finished.front.tolist() == [4] == [2 + row for row in alone.front]
    assert finished.values[2:] == pytest.approx(alone.values)
    assert finished.promising.tolist() == [0, 4]
    assert alone.promising.tolist() == alone.front.tolist()


def test_prior_trials_take_no_place_from_the_front_and_have_none_beyond_bounds():
    better, beyond = trial([0.99, 1.0, 1.0]), trial([0.5, 0.1, 0.1], small=0.5)
    finished = FinishedTrials.of([trial([0.9, 10.0, 100.0])], OBJECTIVES, prior=[better, beyond])
    assert finished.front.tolist() == [2]
    assert finished.promising.tolist() == [0, 2]


def test_of_very_many_trials_the_front_and_the_latest_are_kept():
    trials = [trial([0.99, 1.0, 1.0]), *(trial([0.5, 2.0, 2.0 + k]) for k in range(LARGEST + 7))]
    finished = FinishedTrials.of(trials, OBJECTIVES)
    assert len(finished.points) == LARGEST + 1
    assert finished.front.tolist() == [0]
    assert finished.values[1, 2] < finished.values[-1, 2]


def test_limits_are_known_of_finished_and_of_pruned_trials():
    values = [0.9, 10.0, 100.0]
    finished = [trial(values), trial(values, small=0.5)]
    limits = Limits.of([*finished, trial(None, TrialState.PRUNED, {REPEATS: True})])
    assert (len(limits.points), limits.excess.tolist()) == (2, [[0.0], [0.5]])
    pruned = trial(None, TrialState.PRUNED, small=2.0)
    assert Limits.of([*finished, pruned]).excess.tolist() == [[0.0, -1.0], [0.5, -1.0], [2.0, 1.0]]
    assert Limits.of([trial(values)]).excess.shape == (1, 0)
