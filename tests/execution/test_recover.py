import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.errors import TrainingError
from paretocaps.execution.recover import (
    FAILURE,
    JOB,
    LOCK,
    MEASUREMENT,
    forget,
    leave_failure,
    leave_job,
    leave_measurement,
    left_job,
    may_pass,
    recover,
    still_training,
    training_lock,
)

HOLD = """
import sys
from pathlib import Path
from paretocaps.execution.recover import training_lock
with training_lock(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""
SECONDS = st.floats(0, 1e12)
RECORDS = st.builds(
    EpochRecord,
    epoch=st.just(1),
    acc=st.floats(0, 1),
    seconds=SECONDS,
    time=SECONDS,
    wall=SECONDS,
    learning_rate=st.floats(0, 1),
)
MEASUREMENTS = st.builds(
    Measurement,
    acc=st.floats(0, 1),
    best_epoch=st.integers(1, 9),
    time=SECONDS,
    wall=SECONDS,
    params=st.integers(0, 2**62),
    device=st.builds(Device, name=st.text(), kind=st.just("cpu"), threads=st.none() | st.integers(1, 64)),
    epochs=st.tuples(RECORDS),
    quantities=st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False)),
)


@pytest.fixture
def holder(tmp_path):
    """Return another process that trains in `tmp_path`."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"locked\n"
        yield process
        process.kill()


@given(MEASUREMENTS)
def test_a_measurement_comes_back_as_it_was(tmp_path_factory, measurement):
    folder = tmp_path_factory.mktemp("folder")
    leave_measurement(folder, measurement)
    again = recover(folder)
    assert again.model_dump_json() == measurement.model_dump_json()  # NaN equals no NaN
    assert os.listdir(folder) == [MEASUREMENT]


@given(st.text())
def test_a_reason_comes_back_as_it_was(tmp_path_factory, reason):
    folder = tmp_path_factory.mktemp("folder")
    leave_failure(folder, reason)
    assert recover(folder) == reason


def test_nothing_is_there(tmp_path):
    assert recover(tmp_path) is None
    assert recover(tmp_path / "never-made") is None
    assert still_training(tmp_path / "never-made") is None


def test_a_write_that_was_cut_short_is_nothing(tmp_path):
    (tmp_path / (MEASUREMENT + ".01234567.part")).write_text('{"acc": 0.')
    assert recover(tmp_path) is None


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    (tmp_path / FAILURE).write_text("[]")
    assert recover(tmp_path).endswith("failure.json cannot be read: remove it and train again")
    (tmp_path / MEASUREMENT).write_text('{"acc": 0.5}')
    assert recover(tmp_path).endswith(
        "measurement.json cannot be read (best_epoch): remove it and train again"
    )
    (tmp_path / MEASUREMENT).write_text("acc")
    assert "(not JSON)" in recover(tmp_path)


def test_forgetting(tmp_path):
    leave_failure(tmp_path, "no")
    (tmp_path / "weights").touch()
    forget(tmp_path)
    forget(tmp_path)
    assert recover(tmp_path) is None
    assert (tmp_path / "weights").exists()


def test_the_lock_tells_who_trains(tmp_path):
    with training_lock(tmp_path / "new"):
        assert still_training(tmp_path / "new") == os.getpid()
    assert still_training(tmp_path / "new") is None


def test_the_lock_keeps_others_out(tmp_path, holder):
    assert still_training(tmp_path) == holder.pid
    with (
        pytest.raises(TrainingError, match=f"is being trained in by process {holder.pid}"),
        training_lock(tmp_path),
    ):
        pass


def test_the_lock_ends_with_its_process(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert (tmp_path / LOCK).read_text() == str(holder.pid)
    assert still_training(tmp_path) is None
    with training_lock(tmp_path):
        assert still_training(tmp_path) == os.getpid()


def test_asking_does_not_keep_a_training_out(tmp_path, holder):
    holder.stdin.close()
    for _ in range(50):
        still_training(tmp_path)
    assert holder.wait(60) == 0


def test_a_job_is_found_in_its_folder(make_job):
    job = make_job()
    assert left_job(job.folder) is None
    leave_job(job)
    assert left_job(job.folder) == job
    (job.folder / JOB).write_text("{")
    assert left_job(job.folder) is None


@pytest.mark.parametrize(
    ("reason", "passing"),
    [
        ("worker ended by signal 9 (SIGKILL)", True),
        ("worker could not start: it ended with exit code 1", True),
        ("'w.pt' cannot be written: No space left on device: free some space", True),
        ("loss=nan is not a finite number: the training diverged; try a lower learning rate", False),
        ("", False),
    ],
)
def test_what_killed_a_worker_may_pass(reason, passing):
    assert may_pass(reason) is passing
