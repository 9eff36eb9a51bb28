"""Makes one attempt at a job in this process: trains, checks the result and writes it to the job's folder."""

import math
import reprlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pydantic import BaseModel, ValidationError

from paretocaps.cores import pinned
from paretocaps.domain.failure import Failure
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.domain.progress import Throttled, WithProgress, progress_of, tuned_of
from paretocaps.domain.trainer import TRAINERS, OnEpoch
from paretocaps.domain.wording import diverged, invalid
from paretocaps.errors import (
    DivergedError,
    LostError,
    ParetocapsError,
    TrainingError,
    is_device_lost,
    is_out_of_memory,
    of_disk,
)
from paretocaps.execution.calibration import calibrate, with_calibration
from paretocaps.execution.lease import leased, with_lease
from paretocaps.execution.slots import with_part
from paretocaps.run_folder import RunFolder

_LONGEST_REASON = 2000  # characters; a reason has to fit into one message and one line


def attempt(job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
    """Train `job` in this process, write its measurement to the job's folder and return it.

    If the folder cannot be written, as on a full disk, a study's measurement is only returned. A study's job
    is written there too, so that its measurement is of use if the database is lost. The devices are leased
    meanwhile (see `lease`), and on a slot this process is pinned to its cores. Where times are measured, the
    trainer's reference step is timed before the process's first job. The progress that the trainer tells, at
    most once in a second, goes to `on_epoch.progress` and is seen in the folder (`RunFolder.sign`), as epochs
    are; tunings that it measures go to `on_epoch.tuned`.

    Raises:
        TrainingError: another process trains in the folder, or the trainer returned or reported
            an object of the wrong type.
        DivergedError: a reported number is NaN or infinite.
        Exception: whatever the trainer raises.
    """

    folder = RunFolder(job.folder)
    stopped = False

    def report(record: EpochRecord) -> bool:
        nonlocal stopped
        _check(record, EpochRecord, f"trainer {job.trainer!r} reported")
        folder.sign()
        goes_on = on_epoch(record)
        stopped = not goes_on and record.epoch < job.epochs
        return goes_on

    def tell(what: str, done: int, total: int) -> None:
        folder.sign()
        progress_of(on_epoch)(what, done, total)

    def go_on(what: str, done: int, total: int) -> None:
        lease.look()
        tell(what, done, total)

    with folder.lock(), leased(job, Throttled(tell)) as lease, pinned(lease.cores):
        if job.origin is not None:
            with suppress(OSError):  # a study that has its database does not need it
                folder.write_job(job)
        trainer = TRAINERS.get(job.trainer)
        train = trainer.load()
        tell("calibrating", 0, 0)
        calibration = calibrate(job, trainer)
        tell("starting", 0, 0)
        measurement = train(job, WithProgress(report, Throttled(go_on), tuned_of(on_epoch)))
        _check(measurement, Measurement, f"trainer {job.trainer!r} returned")
        measurement = with_lease(with_calibration(with_part(measurement), calibration), lease)
        try:
            if stopped:  # before the measurement, which would be taken for that of a whole training
                folder.stopped_file.touch()
            folder.write_result(measurement)
        except OSError:
            if job.origin is None:  # nobody else keeps it
                raise
    return measurement


def write_failure(job: TrainingJob, error: BaseException) -> Failure:
    """Return `error` as the failure of `job`, and write it to the job's folder if that is possible."""
    failure = failure_of(error, job.device)
    with suppress(OSError):
        RunFolder(job.folder).write_result(failure)
    return failure


def failure_of(error: BaseException, device: str) -> Failure:
    """Return `error` as a failure whose reason is one line.

    The reason of one of our own errors is its message; any other error adds its type. If memory ran out,
    on a CPU or a GPU, the reason names the `device` and a remedy; a disk that is full or read-only has one.
    These may pass, as may the loss of a process or of the device.
    """
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else ""
    may_pass = True
    if is_out_of_memory(error):
        reason = f"out of memory on {device}: use a smaller batch size ({text or type(error).__name__})"
    elif reason := of_disk(error):
        return Failure(reason[:_LONGEST_REASON], may_pass=True, of_disk=True)
    elif is_device_lost(error):
        reason = f"{device} was lost, or does not answer ({text})"
    elif isinstance(error, LostError):
        reason = text
    else:
        may_pass, reason = False, _lasting(error, text)
    return Failure(reason[:_LONGEST_REASON], may_pass)


def _lasting(error: BaseException, text: str) -> str:
    """Return the reason of a failure that will come again."""
    if isinstance(error, ValidationError):
        return invalid(error)
    if isinstance(error, ParetocapsError) and text:
        return text
    return f"{type(error).__name__}: {text}".removesuffix(": ")


def _check(value: object, expected: type[BaseModel], what: str) -> None:
    if not isinstance(value, expected):
        raise TrainingError(f"{what} {reprlib.repr(value)}, but it must be of type {expected.__name__}")
    for name, number in _numbers(value):
        if isinstance(number, float) and not math.isfinite(number):
            raise DivergedError(diverged(name, number))


def _numbers(value: BaseModel) -> Iterator[tuple[str, Any]]:
    for name, number in value:
        if name == "epochs":
            for record in number:
                yield from ((f"epoch {record.epoch}: {part}", entry) for part, entry in _numbers(record))
        elif name == "quantities":
            yield from number.items()
        else:
            yield name, number
