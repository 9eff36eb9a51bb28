import dataclasses
import math
from pathlib import Path

import pytest

from paretocaps.domain.failure import Failure
from paretocaps.domain.measurement import Predictions
from paretocaps.errors import DivergedError, StorageError


@pytest.fixture
def attempt(store):
    store.start_trial("s", 0, {})
    return store.start_attempt("s", 0, 7)


def only(store):
    (found,) = store.trial("s", 0).attempts
    return found


def test_attempts_count_up_by_seed(store):
    store.start_trial("s", 0, {})
    store.start_trial("s", 1, {})
    asked = [(0, 1), (0, 1), (0, 2), (1, 1), (0, 1)]
    started = [store.start_attempt("s", number, seed) for number, seed in asked]
    assert [(key.trial, key.seed) for key in started] == asked
    assert [key.attempt for key in started] == [1, 2, 1, 1, 3]


def test_an_attempt_needs_its_trial(store):
    with pytest.raises(StorageError, match="no trial 0"):
        store.start_attempt("s", 0, 1)


def test_the_folder_is_the_store_s_own(store, attempt):
    folder = only(store).folder
    assert folder == store.attempt_folder(attempt)
    assert folder.is_absolute()
    assert list(folder.iterdir()) == []


def test_folders_move_with_the_database(store, write_job, tmp_path, url):
    store.start_trial("s", 0, {})
    inside, outside = store.artifacts / "mine" / "1", tmp_path / "elsewhere"
    store.start_attempt("s", 0, 1, inside)
    store.start_attempt("s", 0, 2, outside)
    write_job(outside, seed=2)
    store.close()
    (tmp_path / "studies").rename(tmp_path / "moved")
    with type(store).open(url.replace("/studies/", "/moved/"), create=False) as moved:
        folders = [found.folder for found in moved.trial("s", 0).attempts]
    assert folders == [tmp_path / "moved" / "paretocaps-artifacts" / "mine" / "1", outside]


def test_a_relative_folder_is_made_absolute(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store.start_trial("s", 0, {})
    key = store.start_attempt("s", 0, 1, Path("here"))
    assert store.attempt_folder(key) == tmp_path / "here"


def test_a_measurement_comes_back_whole(store, attempt, measure):
    measurement = measure(
        epochs=3,
        macs=10**12,
        memory=2**40,
        test_acc=1 / 3,
        validation_images=144,
        test_images=360,
        weights="best.safetensors",
        quantities={"robust": 0.1 + 0.2},
        shared=True,
        threads=2,
        calibration=0.25,
    )
    store.finish_attempt(attempt, measurement)
    found = only(store)
    assert found.measurement == measurement
    assert found.epochs == measurement.epochs
    assert (found.state, found.reason) == ("finished", None)
    assert found.ended >= found.started


def test_predictions_are_a_number_of_images_too(store, attempt, measure):
    store.finish_attempt(
        attempt, measure(acc=0.5, predictions=Predictions(labels=(0, 1), classes=(0, 0)), epochs=0)
    )
    assert only(store).measurement.validation_images == 2


def test_the_measurement_s_epochs_replace_those_recorded(store, attempt, measure):
    for record in measure(epochs=5).epochs:
        store.record_epochs([(attempt, record)])
    store.finish_attempt(attempt, measure(epochs=3))
    assert len(only(store).epochs) == 3


def test_a_measurement_without_epochs_leaves_them(store, attempt, measure):
    for record in measure(epochs=5).epochs:
        store.record_epochs([(attempt, record)])
    store.finish_attempt(attempt, measure(epochs=0))
    assert len(only(store).epochs) == 5


def test_finishing_again_changes_nothing(store, attempt, measure):
    measurement = measure(epochs=3, quantities={"robust": 0.5})
    store.finish_attempt(attempt, measurement)
    before = store.trial("s", 0)
    store.finish_attempt(attempt, measurement)
    assert store.trial("s", 0) == before


def test_a_measurement_found_later_is_taken(store, attempt, measure):
    store.interrupt_trial("s", 0)
    assert only(store).state == "interrupted"
    store.finish_attempt(attempt, measure())
    assert only(store).state == "finished"


def test_nothing_of_a_diverged_measurement_is_stored(store, attempt, measure):
    bad = measure(epochs=2).epochs[1].model_copy(update={"train_loss": math.nan})
    measurement = measure().model_copy(update={"epochs": (measure().epochs[0], bad)})
    with pytest.raises(DivergedError, match="train_loss of epoch 2 is nan"):
        store.finish_attempt(attempt, measurement)
    with pytest.raises(DivergedError, match="measured time is inf"):
        store.finish_attempt(attempt, measure(time=math.inf))
    assert only(store).state == "running"
    assert only(store).epochs == ()


def test_a_finished_attempt_cannot_fail(store, attempt, measure):
    store.finish_attempt(attempt, measure())
    with pytest.raises(
        StorageError, match="attempt 1 with seed 7 of trial 0 of study 's' is already finished"
    ):
        store.fail_attempt(attempt, Failure("no"))


def test_a_missing_attempt_is_said(store, attempt, measure):
    for change in ({"seed": 8}, {"attempt": 2}):
        missing = dataclasses.replace(attempt, **change)
        with pytest.raises(StorageError, match=f"there is no {missing}"):
            store.finish_attempt(missing, measure())
