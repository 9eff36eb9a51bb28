"""One attempt at a job, in this process: train, check what comes back, leave it in the job's folder."""

import math
import reprlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pydantic import BaseModel, ValidationError

from paretocaps.domain.failure import Failure
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.domain.trainer import TRAINERS, OnEpoch
from paretocaps.errors import DivergedError, ParetocapsError, TrainingError, disk_full, is_out_of_memory
from paretocaps.execution.calibration import calibrate, with_calibration
from paretocaps.run_folder import RunFolder

_LONGEST_REASON = 2000  # characters; it has to fit into one message and one line


def attempt(job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
    """Train `job` in this process and return its measurement, which is then in the job's folder too.

    A trainer's reference step is timed before the process's first job, where times are measured.

    Raises:
        TrainingError: another process trains in the folder, or the trainer returned or reported
            something else than it must.
        DivergedError: a reported number is NaN or infinite.
        Exception: whatever the trainer raises.
    """

    def report(record: EpochRecord) -> bool:
        _check(record, EpochRecord, f"trainer {job.trainer!r} reported")
        return on_epoch(record)

    folder = RunFolder(job.folder)
    with folder.lock():
        trainer = TRAINERS.get(job.trainer)
        train, calibration = trainer.load(), calibrate(job, trainer)
        measurement = train(job, report)
        _check(measurement, Measurement, f"trainer {job.trainer!r} returned")
        measurement = with_calibration(measurement, calibration)
        folder.leave(measurement)
    return measurement


def leave_failure(job: TrainingJob, error: BaseException) -> Failure:
    """Return what `error` makes of `job`, and leave it in the job's folder where that can be written."""
    failure = failure_of(error, job.device)
    with suppress(OSError):
        RunFolder(job.folder).leave(failure)
    return failure


def failure_of(error: BaseException, device: str) -> Failure:
    """Return `error` as a failure: its reason is an own error's message, or else its type and first line.

    Memory that ran out, on a CPU or on a GPU, says on which `device`, and what to do; so does a full disk.
    """
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else ""
    if is_out_of_memory(error):
        reason = f"out of memory on {device}: use a smaller batch size ({text or type(error).__name__})"
    elif full := disk_full(error):
        return Failure(full[:_LONGEST_REASON], may_pass=True)
    elif isinstance(error, ValidationError):
        reason = _invalid(error)
    elif isinstance(error, ParetocapsError) and text:
        reason = text
    else:
        reason = f"{type(error).__name__}: {text}".removesuffix(": ")
    return Failure(reason[:_LONGEST_REASON])


def _invalid(error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(map(str, first["loc"])) or error.title
    value = first["input"]
    if isinstance(value, float) and not math.isfinite(value):
        return _diverged(name, value)
    return f"{error.title}: {name}={reprlib.repr(value)}: {first['msg'].replace('Input should', 'it should')}"


def _diverged(name: str, value: float) -> str:
    return f"{name}={value} is not a finite number: the training diverged; try a lower learning rate"


def _check(value: object, expected: type[BaseModel], what: str) -> None:
    if not isinstance(value, expected):
        raise TrainingError(f"{what} {reprlib.repr(value)} where a {expected.__name__} is due")
    for name, number in _numbers(value):
        if isinstance(number, float) and not math.isfinite(number):
            raise DivergedError(_diverged(name, number))


def _numbers(value: BaseModel) -> Iterator[tuple[str, Any]]:
    for name, number in value:
        if name == "epochs":
            for record in number:
                yield from ((f"epoch {record.epoch}: {part}", entry) for part, entry in _numbers(record))
        elif name == "quantities":
            yield from number.items()
        else:
            yield name, number
