import errno
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from paretocaps.domain.failure import Failure
from paretocaps.domain.job import Origin
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.errors import (
    DivergedError,
    LostError,
    TrainingError,
    UnknownNameError,
    UsageError,
    is_device_error,
    is_out_of_memory,
    is_passing,
)
from paretocaps.execution.attempt import attempt, failure_of, write_failure
from paretocaps.run_folder import RunFolder
from paretocaps.testing.writes import full_disk


def caught(action):
    with pytest.raises(Exception) as error:  # noqa: PT011 - whichever the library raises
        action()
    return error.value


def test_an_attempt_leaves_what_it_returns(make_job):
    job, seen = make_job(), []

    def on_epoch(record):
        assert RunFolder(job.folder).process() is not None
        assert RunFolder(job.folder).recover() is None
        seen.append(record.epoch)
        return True

    measurement = attempt(job, on_epoch)
    assert isinstance(measurement, Measurement)
    assert RunFolder(job.folder).recover() == measurement
    assert RunFolder(job.folder).process() is None
    assert seen == [1, 2]


@pytest.mark.parametrize(("last", "marked"), [(1, True), (2, False)])
def test_a_training_that_was_stopped_early_is_marked(make_job, last, marked):
    job = make_job()
    attempt(job, lambda record: record.epoch < last)
    assert RunFolder(job.folder).stopped_file.exists() == marked
    attempt(job, lambda record: True)
    assert isinstance(RunFolder(job.folder).recover(), Measurement)


def test_a_study_s_attempt_leaves_its_job_too_if_the_disk_allows(make_job, monkeypatch):
    job = make_job()
    attempt(job, lambda record: True)
    assert RunFolder(job.folder).job() is None
    job = job.model_copy(update={"origin": Origin(storage="/x.db", identity="1")})
    with monkeypatch.context() as patched:
        patched.setattr(RunFolder, "write_job", Mock(side_effect=OSError(errno.ENOSPC, "No space left")))
        attempt(job, lambda record: True)
    assert RunFolder(job.folder).job() is None
    attempt(job, lambda record: True)
    assert RunFolder(job.folder).job() == job


def test_errors_of_the_trainer_pass_through(make_job):
    with pytest.raises(TrainingError, match="too hot"):
        attempt(make_job(choices={"failure": "too hot"}), lambda record: True)
    with pytest.raises(UnknownNameError, match="probe"):
        attempt(make_job().model_copy(update={"trainer": "prob"}), lambda record: True)


def test_the_measurement_of_an_earlier_attempt_is_replaced(make_job):
    job = make_job()
    first = attempt(job, lambda record: True)
    second = attempt(job.model_copy(update={"epochs": 1}), lambda record: True)
    assert RunFolder(job.folder).recover() == second != first


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("first\nsecond"), "ValueError: first"),
        (ValueError(), "ValueError"),
        (DivergedError("loss=nan at step 3"), "loss=nan at step 3"),
        (UsageError(""), "UsageError"),
        (SystemExit(3), "SystemExit: 3"),
        (KeyError("acc"), "KeyError: 'acc'"),
        (RuntimeError("x" * 9999), "RuntimeError: " + "x" * 1986),
    ],
)
def test_reasons_are_one_line(error, reason):
    assert failure_of(error, "cpu") == Failure(reason)


@pytest.mark.parametrize(
    "error",
    [
        caught(lambda: bytearray(1 << 60)),
        caught(lambda: np.empty(1 << 52)),
        caught(lambda: torch.empty(1 << 55)),
        torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("CUDA error: out of memory"),
    ],
    ids=["python", "numpy", "torch", "cuda", "cuda-driver"],
)
def test_running_out_of_memory_has_a_remedy(error):
    assert is_out_of_memory(error)
    failure = failure_of(error, "cuda:1")
    assert failure.reason.startswith("out of memory on cuda:1: use a smaller batch size (")
    assert failure.may_pass


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("CUDA error: unspecified launch failure", True),
        ("CUDA error: uncorrectable ECC error encountered\nCUDA kernel errors might be ...", True),
        ("CUDA error: CUDA-capable device(s) is/are busy or unavailable", True),
        ("NCCL Error 1: unhandled cuda error", True),
        ("CUDA error: device-side assert triggered", False),
        ("CUDA error: no kernel image is available for execution on the device", False),
    ],
)
def test_a_lost_device_may_come_back_to_a_new_process(text, lost):
    error, first = RuntimeError(text), text.splitlines()[0]
    assert is_device_error(error)
    expected = f"cuda:0 was lost, or does not answer ({first})" if lost else f"RuntimeError: {text}"
    assert failure_of(error, "cuda:0") == Failure(expected, may_pass=lost)


def test_the_loss_of_a_process_may_pass_and_other_errors_not():
    lost = LostError("rank 1 was lost: it ended by signal 9")
    assert failure_of(lost, "cpu") == Failure("rank 1 was lost: it ended by signal 9", may_pass=True)
    assert is_passing(lost)
    assert not is_passing(RuntimeError("CUDA error: device-side assert triggered"))
    assert not is_device_error(ValueError("CUDA error"))
    assert not is_device_error(RuntimeError("shape mismatch"))


def test_other_errors_are_not_out_of_memory():
    assert not is_out_of_memory(ValueError("out of memory"))
    assert not is_out_of_memory(RuntimeError("shape mismatch"))


def test_invalid_values_are_named():
    error = caught(lambda: EpochRecord(epoch=1, acc=1.5, seconds=0, time=0, wall=0))
    assert isinstance(error, ValidationError)
    expected = "EpochRecord: acc=1.5: it should be less than or equal to 1"
    assert failure_of(error, "cpu") == Failure(expected)
    error = caught(lambda: EpochRecord(epoch=1, acc=0.5, seconds=float("nan"), time=0, wall=0))
    assert failure_of(error, "cpu").reason.startswith("seconds=nan is not a finite number")


def test_a_reason_is_left_where_that_can_be_written(make_job, tmp_path):
    job = make_job()
    job.folder.touch()
    assert write_failure(job, ValueError("no")) == Failure("ValueError: no")  # its folder cannot be made
    job.folder.unlink()
    write_failure(job, ValueError("no"))
    assert RunFolder(job.folder).recover() == Failure("ValueError: no")
    RunFolder(job.folder).write_result(attempt(make_job(), lambda record: True))
    assert isinstance(RunFolder(job.folder).recover(), Measurement), "a measurement outweighs a reason"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_says_so_and_names_the_file(make_job):
    job = make_job()
    with full_disk():
        error = caught(lambda: attempt(job, lambda record: True))
    file = str(RunFolder(job.folder).measurement_file)
    reason = f"{file!r} cannot be written: No space left on device: free some space"
    assert failure_of(error, "cpu") == Failure(reason, may_pass=True, of_disk=True)
