import os
from datetime import UTC, datetime, timedelta

import pytest

from paretocaps.errors import StorageError
from paretocaps.run_folder import RunFolder
from paretocaps.storage import attempts


def test_a_study_stands_as_its_trials_and_drivers_do(store, finish):
    store.create_study("new", {"objectives": ["acc"], "trials": 7})
    finish(0)
    store.start_trial("s", 1, {})
    store.register_driver("s", "token", "host", 42)
    new, old = store.standings()
    assert (new.name, new.spec["trials"], sum(new.trials.values()), new.drivers) == ("new", 7, 0, ())
    assert (old.trials["finished"], old.trials["running"]) == (1, 1)
    assert [driver.token for driver in old.drivers] == ["token"]
    assert store.standing("s") == old
    store.end_driver("token")
    assert store.standing("s").drivers == ()


def test_its_changes_tell_whether_anything_has_changed(store, finish):
    before = store.standing("s").changes
    assert store.standing("s").changes == before
    finish(0)
    assert store.standing("s").changes > before


def test_a_missing_study_has_no_standing(store):
    with pytest.raises(StorageError, match="no study 'other'"):
        store.standing("other")
    with pytest.raises(StorageError, match="no study 'other'"):
        store.durations("other")


def test_the_last_trainings_that_finished_tell_how_long_one_takes(store, finish):
    assert store.durations("s") == []
    for number in range(3):
        finish(number)
    store.start_trial("s", 3, {})
    store.start_attempt("s", 3, 0)
    assert len(store.durations("s")) == 3
    assert len(store.durations("s", limit=2)) == 2
    assert all(0 <= seconds < 60 for seconds in store.durations("s"))


def measured(folder, measurement, moment):
    """Write a measurement as if it had been written at a moment."""
    RunFolder(folder).write_result(measurement)
    os.utime(RunFolder(folder).measurement_file, (moment.timestamp(),) * 2)


def test_while_the_database_was_away_nothing_trained(store, measure, monkeypatch):
    began = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(attempts, "now", lambda: began)
    store.start_trial("s", 0, {})
    key = store.start_attempt("s", 0, 0)
    measured(store.attempt_folder(key), measure(), began + timedelta(seconds=60))
    monkeypatch.setattr(attempts, "now", lambda: began + timedelta(hours=1))
    store.finish_attempt(key, measure(), last=True)
    assert store.durations("s") == [60.0]


def test_what_a_lost_database_had_tells_no_duration(store, measure, tmp_path):
    measured(tmp_path / "left", measure(), datetime(2026, 1, 1, tzinfo=UTC))
    store.start_trial("s", 0, {})
    store.finish_attempt(store.start_attempt("s", 0, 0, tmp_path / "left"), measure(), last=True)
    assert store.durations("s") == []


@pytest.mark.parametrize("behind", [-3600, 2, 20, 50])
def test_the_clock_of_a_disk_changes_no_duration(store, measure, monkeypatch, behind):
    began = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(attempts, "now", lambda: began)
    store.start_trial("s", 0, {})
    key = store.start_attempt("s", 0, 0)
    ended = began + timedelta(seconds=30)
    measured(store.attempt_folder(key), measure(), ended - timedelta(seconds=behind))
    monkeypatch.setattr(attempts, "now", lambda: ended)
    store.finish_attempt(key, measure(), last=True)
    assert store.durations("s") == [30.0]
