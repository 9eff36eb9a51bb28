"""Signals to the driver, kill -9 of worker, driver and both, in the middle of a study."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from harness.invariants import check

TRAINED = "SELECT epoch FROM paretocaps_epochs WHERE epoch >= 2"


@pytest.fixture
def study(make_study):
    """Return a study of two trials with six epochs of a fifth of a second, in its second epoch."""
    study = make_study(trials=2, epochs=6, seconds=0.2)
    study.start()
    study.until(TRAINED)
    return study


def begun(study):
    """How often each epoch of each trial was begun."""
    return Counter((trial, epoch) for trial, _, _, epoch, what, _ in study.work() if what == "begun")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_the_study_and_the_same_command_completes_it(study, number):
    (driver,) = study.drivers
    driver.send(number)
    assert driver.wait() == 130, driver.said
    assert "continue with `paretocaps optimize --study s --storage" in driver.said
    assert "Traceback" not in driver.said
    assert study.rows("SELECT 1 FROM paretocaps_trials WHERE state = 'running'") == []
    assert not study.processes()
    study.complete()
    check(study)
    assert max(begun(study).values()) <= 2, "at most the epoch under way is trained again"
    assert sum(begun(study).values()) <= 2 * 6 + 1


def test_a_killed_driver_loses_nothing(study):
    study.drivers[0].kill()
    study.complete()
    check(study)
    assert set(begun(study).values()) == {1}, "its worker finished"


def test_a_killed_worker_loses_at_most_an_epoch(study):
    (worker,) = study.workers()
    os.kill(worker, signal.SIGKILL)
    assert study.drivers[0].wait() == 0, study.drivers[0].said
    check(study)
    assert sum(begun(study).values()) <= 2 * 6 + 1
    assert study.rows("SELECT attempt, resumed_from FROM paretocaps_attempts ORDER BY id")[:2] == [
        (1, None),
        (2, 1),
    ]


def test_driver_and_worker_killed_together_lose_at_most_an_epoch(study):
    (worker,) = study.workers()
    study.drivers[0].kill()
    os.kill(worker, signal.SIGKILL)
    study.complete()
    check(study)
    assert sum(begun(study).values()) <= 2 * 6 + 1
    attempts = study.rows(
        "SELECT t.number, a.attempt FROM paretocaps_attempts a JOIN paretocaps_trials t"
        " ON t.id = a.trial_id ORDER BY a.id"
    )
    assert attempts == [(0, 1), (0, 2), (1, 1)], "it goes on under the same number"


def test_five_killed_workers_in_a_row_end_no_study(make_study):
    study = make_study(trials=6, epochs=2, environment={"KNOWN_FAULTS": "*.1.2=kill"})
    study.complete()
    check(study)
    attempts = study.rows("SELECT count(*) FROM paretocaps_attempts")
    assert attempts == [(12,)]


def test_two_interrupts_end_a_driver_at_once(make_study):
    study = make_study(trials=1, epochs=2, environment={"KNOWN_FAULTS": "*.1.1=hang"})
    driver = study.start()
    study.until(lambda: study.work())
    driver.send(signal.SIGINT)
    driver.send(signal.SIGINT)
    assert driver.wait(5) == 130, driver.said
    assert "Traceback" not in driver.said
    assert not study.processes()
    study.complete()
    check(study)


def test_a_signal_ends_a_run_and_its_range_test_before_the_first_trial(tmp_path, until):
    study = (
        "--study",
        "s",
        "--trials",
        "1",
        "--epochs",
        "1",
        "--lr-from-range",
        "--plain",
        "--storage",
        "s.db",
    )
    driver = subprocess.Popen(
        [sys.executable, "-m", "paretocaps", "optimize", *study],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: "lr-range" in " ".join(map(command_of, children_of(driver.pid))))
        (child,) = children_of(driver.pid)
        driver.send_signal(signal.SIGTERM)
        _, said = driver.communicate(timeout=60)
    finally:
        driver.kill()
    assert driver.returncode == 130, said
    assert "Traceback" not in said
    until(lambda: "lr-range" not in command_of(child))


def children_of(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:  # it has ended
        return ""
