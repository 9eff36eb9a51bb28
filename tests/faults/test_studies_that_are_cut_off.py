"""Ctrl-C, SIGTERM and kill -9 of the driver, and the death of a worker, in the middle of a real study."""

import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

QUICK = [
    *("--study", "s", "--trials", "2", "--epochs", "25", "--limit-train", "200", "--no-designs"),
    *("--fix", "family=lenet5", "--fix", "batch_size=20", "--fix", "batch_schedule=constant"),
    *("--checkpoint-every", "0.001"),  # so that short epochs are kept, too
    *("--objectives", "acc,params"),  # without a time no worker stops to time the reference step
]


@pytest.fixture
def start(tmp_path):
    """Start the study in an empty folder; whatever is left of it is ended afterwards."""
    running = []

    def start(*more):
        command = [sys.executable, "-m", "paretocaps", "optimize", *QUICK, *more]
        process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
            process.communicate()


def rows(tmp_path, query):
    with sqlite3.connect(tmp_path / "studies" / "paretocaps.db") as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def wait_until(tmp_path, query, seconds=120.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if found := rows(tmp_path, query):
                return found
        except sqlite3.OperationalError:
            pass  # not made yet
        time.sleep(0.05)
    raise AssertionError(f"nothing came of {query}")


SECOND_EPOCH = "select epoch from paretocaps_epochs where epoch >= 2"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_study_is_saved_and_completed_by_the_same_command(start, tmp_path, number):
    process = start()
    wait_until(tmp_path, SECOND_EPOCH)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "continue with `paretocaps optimize --study s`" in err
    assert "Traceback" not in err
    assert rows(tmp_path, "select state from paretocaps_trials where state = 'running'") == []
    again = start()
    _, err = again.communicate(timeout=240)
    assert again.returncode == 0, err
    assert rows(tmp_path, "select count(*) from paretocaps_trials where state = 'finished'") == [(2,)]
    assert rows(tmp_path, "select count(*) from trials where state = 'COMPLETE'") == [(2,)]


@pytest.mark.slow
def test_a_killed_driver_loses_nothing_that_was_measured(start, tmp_path):
    process = start()
    wait_until(tmp_path, SECOND_EPOCH)
    process.kill()
    process.communicate()
    again = start()
    _, err = again.communicate(timeout=240)
    assert again.returncode == 0, err
    assert "is still training trial" in err or "was measured while no driver ran" in err
    attempts = "select count(*) from paretocaps_attempts a join paretocaps_trials t on t.id = a.trial_id"
    assert rows(tmp_path, f"{attempts} where t.number = 0") == [(1,)]
    assert rows(tmp_path, "select count(*) from paretocaps_trials where state = 'finished'") == [(2,)]


@pytest.mark.slow
def test_a_killed_worker_s_trial_goes_on_from_its_checkpoint_and_measures_the_same(start, tmp_path):
    process = start("--study", "s")
    wait_until(tmp_path, SECOND_EPOCH)
    (lock,) = tmp_path.rglob("worker.lock")
    os.kill(int(lock.read_text()), signal.SIGKILL)
    _, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    _, err = start("--study", "undisturbed").communicate(timeout=240)
    of_study = (
        "from paretocaps_attempts a join paretocaps_trials t on t.id = trial_id join paretocaps_studies s"
    )
    of_study += " on s.id = study_id"
    attempts = f"select number, attempt, a.state, resumed_from {of_study} where s.name = 's' order by a.id"
    assert rows(tmp_path, attempts) == [
        (0, 1, "failed", None),
        (0, 2, "finished", 1),
        (1, 1, "finished", None),
    ]
    losses = f"select number, epoch, train_loss {of_study} join paretocaps_epochs e on e.attempt_id = a.id"
    losses += " where a.state = 'finished' and s.name = '{}' order by 1, 2"
    told, undisturbed = (rows(tmp_path, losses.format(name)) for name in ("s", "undisturbed"))
    assert len(told) == 50
    assert told == undisturbed
    assert not list(tmp_path.rglob("checkpoint*"))
