"""A database that is deleted, replaced or overwritten while its study runs, and what is saved of it."""

import os
import shutil
from pathlib import Path

import pytest
from harness.invariants import check, nothing_left

FILES = ("", "-wal", "-shm")


@pytest.fixture(scope="module")
def other(make_study):
    """Return the database of another study."""
    other = make_study(trials=1, epochs=1, options=["--study", "other"])
    other.complete()
    return other.storage


@pytest.fixture
def study(other, make_study):
    """Return a running study of four trials, of which one is finished."""
    study = make_study(trials=4, epochs=3, seconds=0.2)
    study.start()
    study.until("SELECT 1 FROM paretocaps_trials WHERE state = 'finished'")
    return study


def stops_and_goes_on(study, *said):
    """Check that the driver stops in order, and that the same command loses and repeats nothing measured."""
    (driver,) = study.drivers
    assert driver.wait(30) == 1, driver.said
    last = driver.said.strip().splitlines()[-1]
    assert all(words in last for words in said), last
    assert not study.processes()
    measured = len(list(study.artifacts.rglob("measurement.json")))
    assert measured
    before = len(study.work())
    study.complete()
    check(study)
    trained = [line for line in study.work()[before:] if line[4] == "trained"]
    assert len(trained) <= (study.trials - measured) * study.epochs, "what was measured is trained again"


def test_a_deleted_database_stops_the_run_and_the_next_one_takes_in_what_was_measured(study):
    for end in FILES:
        Path(study.storage + end).unlink(missing_ok=True)
    stops_and_goes_on(study, "its file was removed while it was open", "run the same command again")


def test_a_replaced_database_stops_the_run_and_the_next_one_takes_in_what_was_measured(study, other):
    for end in FILES[1:]:
        Path(study.storage + end).unlink(missing_ok=True)
    shutil.copy(other, study.folder / "other.db")
    os.replace(study.folder / "other.db", study.storage)
    stops_and_goes_on(study, "another file took the place", "run the same command again")


def test_a_half_overwritten_database_is_named_and_a_lost_study_goes_on_from_its_folder(study):
    with open(study.storage, "r+b") as file:
        half = os.path.getsize(study.storage) // 2
        file.seek(half)
        file.write(os.urandom(half))
    driver = study.drivers[0]
    assert driver.wait(60) in (0, 1), driver.said  # it may have written the pages anew
    driver = study.start()
    if driver.wait() != 0:
        assert "it is damaged, so nothing is read from it" in driver.said
        assert "Traceback" not in driver.said
        for end in FILES:
            Path(study.storage + end).unlink(missing_ok=True)
        study.complete()
    check(study)


def test_a_database_that_was_put_back_from_an_older_copy_takes_in_what_was_measured_since(make_study):
    study = make_study(trials=2, epochs=1)
    study.complete()
    copy = shutil.copy(study.storage, study.folder / "copy.db")
    study.trials = 4
    study.complete()
    os.replace(copy, study.storage)
    before = len(study.work())
    study.complete()
    check(study)
    assert len(study.work()) == before, "nothing was left to train"
    nothing_left(study)
