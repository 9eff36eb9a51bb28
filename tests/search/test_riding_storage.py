import sqlite3
from pathlib import Path

import optuna
import pytest
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import TrialState

from paretocaps.domain.objective import parse_objectives
from paretocaps.errors import LostStorageError, UnavailableError
from paretocaps.search.optuna_study import open_optuna_study
from paretocaps.search.riding_storage import RidingStorage
from paretocaps.storage.patience import Patience
from paretocaps.storage.store import Store

OBJECTIVES = parse_objectives("acc,time")
SAMPLER = optuna.samplers.RandomSampler(seed=0)


@pytest.fixture
def opened(storage):
    """An Optuna study, a connection of somebody else, and the patience with which the study waits."""
    with Store.open(storage, create=True, patience=Patience(60)) as store:
        other = sqlite3.connect(storage.removeprefix("sqlite:///"), isolation_level=None)
        with open_optuna_study(storage, "s", OBJECTIVES, SAMPLER, store.patience, store.file) as study:
            yield study, other, store.patience
        other.close()


def held(other, patience, tries):
    """Lock the database until it was tried so often."""
    other.execute("BEGIN IMMEDIATE")
    left = [tries]

    def pause(seconds):
        left[0] -= 1
        if not left[0]:
            other.execute("ROLLBACK")

    patience.pause = pause


def test_every_operation_waits_for_a_lock(opened):
    study, other, patience = opened
    held(other, patience, 1)
    study.enqueue_trial({"x": 0.5})
    held(other, patience, 1)
    trial = study.ask()
    held(other, patience, 1)
    assert trial.suggest_float("x", 0, 1) == 0.5
    trial.storage.flush()
    held(other, patience, 1)
    trial.set_user_attr("a", 1)
    held(other, patience, 1)
    study.tell(trial.number, [0.9, 1.0])
    assert [trial.values for trial in study.trials] == [[0.9, 1.0]]


def test_the_patience_ends(opened):
    study, other, patience = opened
    other.execute("BEGIN IMMEDIATE")
    with patience.of(0), pytest.raises(UnavailableError, match="another program holds its lock"):
        study.ask()


def test_optuna_writes_to_no_other_file_either(opened, storage):
    study, _, _ = opened
    path = Path(storage.removeprefix("sqlite:///"))
    path.rename(path.with_suffix(".aside"))
    with pytest.raises(LostStorageError, match="its file was removed"):
        study.ask()


def lose_the_answer(monkeypatch):
    """Let a state be stored once, and the answer be lost."""
    own, lost = RidingStorage._set_state, []

    def operation(storage, *args):
        result = own(storage, *args)
        if not lost:
            lost.append(args)
            raise UnavailableError("the connection broke", "away")
        return result

    monkeypatch.setattr(RidingStorage, "_set_state", operation)


def test_a_trial_that_was_told_before_the_answer_was_lost_is_told(opened, monkeypatch):
    study, _, _ = opened
    number = study.ask().number
    lose_the_answer(monkeypatch)
    study.tell(number, [0.9, 1.0])
    assert study.trials[0].state == TrialState.COMPLETE
    with pytest.raises(UpdateFinishedTrialError):
        study._storage.set_trial_state_values(study.trials[0]._trial_id, TrialState.FAIL)


def test_a_waiting_trial_that_was_begun_before_the_answer_was_lost_is_begun(opened, monkeypatch):
    study, _, _ = opened
    study.enqueue_trial({"x": 0.5})
    lose_the_answer(monkeypatch)
    assert study.ask().suggest_float("x", 0, 1) == 0.5
    assert len(study.trials) == 1


def test_rows_are_those_that_optuna_would_write(opened, storage):
    study, _, _ = opened
    ours, theirs = study._storage._backend, RDBStorage(storage)
    for backend in (ours, theirs, ours):
        key = backend.create_new_trial(1)
        backend.set_trial_state_values(key, TrialState.COMPLETE, [0.5, float("inf")])
    ours.set_trial_state_values(ours.create_new_trial(1), TrialState.FAIL)
    trials = theirs.get_all_trials(1)
    assert [trial.number for trial in trials] == [0, 1, 2, 3]
    assert [trial.values for trial in trials] == [[0.5, float("inf")]] * 3 + [None]
    assert trials[3].state == TrialState.FAIL
    starts = [moment for trial in trials for moment in (trial.datetime_start, trial.datetime_complete)]
    assert starts == sorted(starts)
    theirs.remove_session()
    theirs.engine.dispose()
