import warnings

import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.trial import TrialState

from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.space import Space
from paretocaps.search.optuna_study import (
    begin_at,
    constrain,
    leave_out,
    open_optuna_study,
    tell_again,
    tell_once,
)
from paretocaps.search.samplers import SAMPLERS
from paretocaps.search.suggestions import suggest
from paretocaps.storage.store import Store

OBJECTIVES = parse_objectives("acc,time")
SPACE = Space.parse(
    {
        "policy": ["fixed", "cyclic"],
        "cycle": {"low": 1, "high": 9, "when": {"policy": "cyclic"}},
        "rate": {"low": 1e-4, "high": 1e-1, "log": True},
        "batch": {"low": 8, "high": 64, "step": 8},
    }
)


def opens(url):
    Store.open(url, create=True).close()
    return lambda sampler=None: open_optuna_study(
        url, "s", OBJECTIVES, sampler or optuna.samplers.RandomSampler(seed=0)
    )


@pytest.fixture
def opened(storage):
    """A function that opens an Optuna study as studies do."""
    return opens(storage)


def search(study, trials):
    """Ask, suggest and tell as a driver does, with one trial in five pruned."""
    for _ in range(trials):
        trial = study.ask()
        sampled = suggest(trial, SPACE, {})
        if trial.number % 5 == 4:
            trial.set_user_attr("repeats", True)
            study.tell(trial.number, state=TrialState.PRUNED)
        else:
            study.tell(trial.number, [sampled["rate"] * 9, float(sampled["batch"] + sampled.get("cycle", 0))])


@pytest.mark.parametrize(
    "name", ["random", "tpe", "nsga2", "nsga3", pytest.param("gp", marks=pytest.mark.slow)]
)
def test_a_sampler_suggests_what_it_suggests_with_optunas_own_storage(opened, name):
    plain = optuna.create_study(
        directions=[objective.direction for objective in OBJECTIVES],
        sampler=SAMPLERS.get(name).optuna(7, 16),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        search(plain, 16)
        with opened(SAMPLERS.get(name).optuna(7, 16)) as study:
            search(study, 16)
            assert [trial.params for trial in study.trials] == [trial.params for trial in plain.trials]


def test_trials_are_read_as_optuna_reads_them(opened, storage):
    check_reading(opened, storage)


def test_trials_are_read_as_optuna_reads_them_on_a_server(server):
    server.psql("CREATE DATABASE trial_cache;")
    url = server.get_uri(database="trial_cache")
    check_reading(opens(url), url.replace("postgresql:", "postgresql+psycopg:"))


def check_reading(opened, url):
    with opened() as study:
        study.enqueue_trial({"rate": 1e-2}, user_attrs={"design": "é"})
        search(study, 6)
        suggest(begin_at(study, {"rate": 0.05}, {"design": "d"}), SPACE, {})
        study.enqueue_trial({"rate": 1e-3})
    for states in (
        None,
        (TrialState.WAITING,),
        (TrialState.RUNNING, TrialState.WAITING),
        (TrialState.PRUNED,),
    ):
        with opened() as study:
            found = study.get_trials(deepcopy=False, states=states)
            plain = RDBStorage(url)
            assert found == plain.get_all_trials(study._study_id, states=states)
            plain.engine.dispose()
            assert len(found) == {None: 8, (TrialState.PRUNED,): 1}.get(states, len(states or ()))


def test_what_another_process_does_is_seen(opened):
    with opened() as study, opened() as other:
        assert study.trials == other.trials == []
        search(other, 3)
        running = other.ask()
        assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 3 + ["RUNNING"]
        assert len(study.get_trials(states=(TrialState.RUNNING,))) == 1
        other.tell(running.number, [1.0, 2.0])
        other.enqueue_trial({"rate": 0.05})
        assert study.get_trials(states=(TrialState.RUNNING,)) == []
        assert study.trials[3].values == [1.0, 2.0]
        assert suggest(study.ask(), SPACE, {})["rate"] == 0.05


def test_parameters_are_written_at_once_and_read_by_others(opened, storage):
    with opened() as study, opened() as other:
        trial = study.ask()
        rate = trial.suggest_float("rate", 0, 1)
        assert other.trials[0].params == {}
        trial.storage.flush()
        assert other.trials[0].params == study.trials[0].params == {"rate": rate}
        trial.suggest_int("batch", 1, 9)
        study.tell(trial.number, [1.0, 2.0])
        assert list(other.trials[0].params) == ["rate", "batch"]


def test_what_a_sampler_proposes_is_written_once(opened):
    with opened(SAMPLERS.get("tpe").optuna(0, 0)) as study, opened() as other:
        search(study, 12)
        suggest(study.ask(), SPACE, {})
        assert len(other.trials) == 13
        assert not any("relative" in key for trial in other.trials for key in trial.system_attrs)


def test_a_trial_that_another_process_told_is_not_told_again(opened):
    with opened() as study, opened() as other:
        number = study.ask().number
        tell_once(other, number, [1.0, 2.0])
        for _ in range(2):
            tell_once(study, number, [3.0, 4.0])
            tell_once(study, number, state=TrialState.FAIL)
        assert study.trials[0].values == [1.0, 2.0]


def test_a_sampler_that_looks_at_no_trial_reads_none(opened, monkeypatch):
    with opened() as study:
        search(study, 3)
    monkeypatch.setattr("paretocaps.search.trial_cache.trials_since", None)
    with opened() as study:
        search(study, 3)


@pytest.mark.parametrize("name", ["tpe", "nsga2"])
def test_a_sampler_knows_by_how_much_each_finished_trial_breaks_each_bound(opened, name):
    excess = {number: {"acc>=0.9": number / 8 - 1.0, "params<=500k": -0.5} for number in range(16)}
    with opened(SAMPLERS.get(name).optuna(0, 16)) as study:
        constrain(study, excess.__getitem__)
        search(study, 16)
        told = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        assert [trial.constraints for trial in told] == [excess[trial.number] for trial in told]
    with opened(SAMPLERS.get(name).optuna(0, 16)) as study:  # other bounds, given later, hold for all trials
        constrain(study, lambda number: {"time<9": 0.25})
        told = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        assert {tuple(trial.constraints.items()) for trial in told} == {(("time<9", 0.25),)}


def test_optuna_itself_reads_by_how_much_a_trial_broke_each_bound_when_it_ended(opened, storage):
    excess = {"acc>=0.9": 0.1, "params<=500k": -0.5}
    with opened() as study, opened() as other:
        constrain(study, lambda number: excess if number else dict.fromkeys(excess, -1.0))
        search(study, 2)
        tell_once(study, other.ask().number, [1.0, 2.0])  # another driver's
        tell_once(study, study.ask().number, state=TrialState.FAIL)
    plain = optuna.load_study(study_name="s", storage=storage)
    assert [trial.constraints for trial in plain.trials] == [
        {"acc>=0.9": -1.0, "params<=500k": -1.0},
        excess,
        excess,
        {},
    ]
    assert [trial.number for trial in plain.best_trials] == [0]
    with opened() as study:
        constrain(study, lambda number: {"time<9": -0.25})  # it goes on with other bounds
        tell_again(study, 1, [3.0, 4.0], None)
    trial = optuna.load_study(study_name="s", storage=storage).trials[1]
    assert (trial.values, trial.constraints) == ([3.0, 4.0], {"time<9": -0.25})


def test_a_sampler_knows_nothing_of_pruned_trials_that_are_left_out(opened):
    with opened() as study:
        search(study, 10)
    with opened() as study:
        leave_out(study, {4})
        left, other = (study.get_trials(deepcopy=False)[number] for number in (4, 9))
        assert (left.state, left.params) == (TrialState.FAIL, {})
        assert other.state == TrialState.PRUNED
        assert other.params
