"""What a training leaves in its job's folder, and how a later driver finds it.

`measurement.json` or `failure.json` is there once the training has ended; `worker.lock` is locked
(flock) while it lasts and holds the process id.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import Measurement
from paretocaps.errors import TrainingError
from paretocaps.writing import whole_file

JOB = "job.json"
MEASUREMENT = "measurement.json"
FAILURE = "failure.json"
LOCK = "worker.lock"
LOG = "worker.log"

_PATIENCE = 1.0  # s; whoever asks `still_training` holds the lock for a moment
_PAUSE = 0.01  # s


def leave_measurement(folder: Path, measurement: Measurement) -> None:
    """Write `measurement` to the folder: whole or not at all, and on the disk when this returns.

    Raises:
        OSError: the folder cannot be written.
    """
    _write(folder / MEASUREMENT, measurement.model_dump_json())


def leave_failure(folder: Path, reason: str) -> None:
    """Write the reason why there is no measurement to the folder, as `leave_measurement` writes.

    Raises:
        OSError: the folder cannot be written.
    """
    _write(folder / FAILURE, json.dumps({"reason": reason}))


def leave_job(job: TrainingJob) -> None:
    """Write `job` to its folder, so that what is trained there is known later, as `leave_measurement` writes.

    Raises:
        OSError: the folder cannot be written.
    """
    _write(job.folder / JOB, job.model_dump_json(indent=1))


def left_job(folder: Path) -> TrainingJob | None:
    """Return the job that `leave_job` wrote to `folder`, or None where there is none that can be read."""
    try:
        return TrainingJob.model_validate_json((folder / JOB).read_bytes())
    except (OSError, ValidationError):
        return None


def forget(folder: Path) -> None:
    """Remove what an earlier training left in `folder`, so that it is not taken for a new one's."""
    for name in (MEASUREMENT, FAILURE, LOG):
        (folder / name).unlink(missing_ok=True)


def clear_failed(folder: Path) -> None:
    """Remove what a failed training left in `folder`, weights above all; its reason and log stay."""
    for path in folder.glob("*"):
        if path.is_file() and path.name not in (FAILURE, LOG, LOCK):
            path.unlink(missing_ok=True)


def recover(folder: Path) -> Measurement | str | None:
    """Return what a training left in `folder`: its measurement, its failure's reason, or None.

    A file that cannot be read (another version's, damaged by hand) is a failure and says so.
    """
    try:
        return Measurement.model_validate_json((folder / MEASUREMENT).read_bytes())
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "not JSON"
        return f"{folder / MEASUREMENT} cannot be read ({where}): remove it and train again"
    except OSError:
        pass
    try:
        return str(json.loads((folder / FAILURE).read_bytes())["reason"])
    except (ValueError, LookupError, TypeError):
        return f"{folder / FAILURE} cannot be read: remove it and train again"
    except OSError:
        return None


def may_pass(reason: str) -> bool:
    """Return whether a training that failed for `reason` may do better when it is tried again unchanged.

    So it is where the worker was killed or could not start, or the disk was full.
    """
    return reason.startswith("worker ") or reason.endswith("free some space")


@contextmanager
def training_lock(folder: Path) -> Iterator[None]:
    """Mark `folder`, made where it is missing, as being trained in by this process.

    The mark is a lock of the operating system: it ends with the process, however that ends.

    Raises:
        TrainingError: another process trains in it.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a+b") as stream:
        deadline = time.monotonic() + _PATIENCE
        while not _acquired(stream, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise TrainingError(
                    f"{folder} is being trained in by process {_holder(stream)}: wait for it, or end it"
                )
            time.sleep(_PAUSE)
        stream.truncate(0)
        stream.write(str(os.getpid()).encode())
        stream.flush()
        yield


def still_training(folder: Path) -> int | None:
    """Return the id of the process that is training in `folder`, or None."""
    try:
        stream = (folder / LOCK).open("rb")
    except OSError:
        return None
    with stream:
        while not _acquired(stream, fcntl.LOCK_SH):
            if pid := _holder(stream):
                return pid
            time.sleep(_PAUSE)  # locked, its id not written yet
    return None


def _acquired(stream: BinaryIO, kind: int) -> bool:
    try:
        fcntl.flock(stream, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(stream: BinaryIO) -> int | None:
    stream.seek(0)
    text = stream.read()
    return int(text) if text.isdigit() else None


def _write(path: Path, text: str) -> None:
    with whole_file(path) as stream:
        stream.write(text.encode())
