"""The folder of one training: the names of its files, its lock, and its result.

A measurement or a failure is written when the training ends. While it runs, its process holds the lock
(flock), and the lock file contains its process id.
"""

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import ValidationError

from paretocaps.domain.failure import Failure
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import Measurement
from paretocaps.errors import TrainingError
from paretocaps.lock_file import LockTakenError, holder, locked
from paretocaps.writing import private_folder, whole_file

WEIGHTS = "weights.pt"
"""The file in which the built-in trainer keeps the best epoch's weights; see `Measurement.weights`."""

_KEPT = "the frozen trunk's features of "  # begins the trainer's remark on features that it computed once
_PATIENCE = 1.0  # s; a process that calls `process` holds the lock for a moment


@dataclass(frozen=True)
class RunFolder:
    """The folder of one training, which need not exist: the first write creates it."""

    path: Path

    @property
    def job_file(self) -> Path:
        """The job that is trained here (`write_job`)."""
        return self.path / "job.json"

    @property
    def measurement_file(self) -> Path:
        """The measurement of a finished training (`write_result`)."""
        return self.path / "measurement.json"

    @property
    def failure_file(self) -> Path:
        """The reason why a training failed (`write_result`)."""
        return self.path / "failure.json"

    @property
    def stopped_file(self) -> Path:
        """The mark of a training that was stopped early, whose measurement is of fewer epochs."""
        return self.path / "stopped"

    @property
    def checkpoint(self) -> Path:
        """The state of a training in progress, from which it is resumed."""
        return self.path / "checkpoint.pt"

    @property
    def earlier_checkpoint(self) -> Path:
        """The checkpoint before the last one, which is resumed from where the last one is damaged."""
        return self.path / "checkpoint-earlier.pt"

    @property
    def checkpoints(self) -> tuple[Path, ...]:
        """The checkpoints that there are, the last one first."""
        return tuple(path for path in (self.checkpoint, self.earlier_checkpoint) if path.exists())

    @property
    def weights(self) -> Path:
        """The best epoch's weights, as the built-in trainer writes them."""
        return self.path / WEIGHTS

    @property
    def epochs(self) -> Path:
        """The table of epochs, one row per epoch."""
        return self.path / "epochs.csv"

    @property
    def log(self) -> Path:
        """The output of the worker."""
        return self.path / "worker.log"

    @property
    def lock_file(self) -> Path:
        """The file that is locked while a process trains here."""
        return self.path / "worker.lock"

    def rank_log(self, rank: int) -> Path:
        """Return the file with the output of a rank other than the first."""
        return self.path / f"rank-{rank}.log"

    def write_result(self, result: Measurement | Failure) -> None:
        """Write the result of the training, whole or not at all; it is on the disk when this returns.

        Raises:
            OSError: the folder cannot be written.
        """
        if isinstance(result, Measurement):
            _write(self.measurement_file, result.model_dump_json())
        else:
            _write(self.failure_file, json.dumps(asdict(result)))

    def write_job(self, job: TrainingJob) -> None:
        """Write `job`, in the same way as `write_result`, so that it is known later what is trained here.

        Raises:
            OSError: the folder cannot be written.
        """
        _write(self.job_file, job.model_dump_json(indent=1))

    def job(self) -> TrainingJob | None:
        """Return the job that `write_job` wrote, or None if there is none or it cannot be read."""
        try:
            return TrainingJob.model_validate_json(self.job_file.read_bytes())
        except (OSError, ValidationError):
            return None

    def recover(self) -> Measurement | Failure | None:
        """Return the result that a training wrote here: its measurement, else its failure, else None.

        A file that cannot be read (of another version, or damaged) gives a failure whose reason names it. A
        worker of version 0.1 did not write `partial`; it is known by the trainer's remark.
        """
        try:
            found = Measurement.model_validate_json(self.measurement_file.read_bytes())
            kept = any(remark.startswith(_KEPT) for remark in found.remarks)
            older = kept and "partial" not in found.model_fields_set
            return found.model_copy(update={"partial": True}) if older else found
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"])) or "not JSON"
            return Failure(f"{self.measurement_file} cannot be read ({where}): remove it and train again")
        except OSError:
            pass
        try:
            left = json.loads(self.failure_file.read_bytes())
            return Failure(str(left["reason"]), left.get("may_pass") is True, left.get("of_disk") is True)
        except (ValueError, LookupError, TypeError, AttributeError):
            return Failure(f"{self.failure_file} cannot be read: remove it and train again")
        except OSError:
            return None

    def forget_result(self) -> None:
        """Remove the result and the log of an earlier training, so that a new one does not inherit them."""
        _remove(self.measurement_file, self.failure_file, self.stopped_file, self.log)

    def forget(self) -> None:
        """Remove all files that an earlier training wrote, except the lock file; other files stay."""
        self.forget_result()
        self.forget_checkpoints()
        _remove(self.weights, self.epochs, self.job_file)

    def forget_checkpoints(self) -> None:
        """Remove the checkpoints: the training has ended."""
        _remove(*self.checkpoints)

    def forget_earlier_checkpoint(self) -> None:
        """Remove the checkpoint before the last one, where there are two."""
        if self.checkpoint.exists():
            _remove(self.earlier_checkpoint)

    def take_checkpoints(self, earlier: "RunFolder") -> bool:
        """Move the checkpoints of an earlier attempt here, to go on from; return whether it had any.

        Raises:
            OSError: they cannot be moved.
        """
        found = earlier.checkpoints
        if found:
            private_folder(self.path)
        for path in found:  # the last one first: where this is cut off, the next attempt finds it
            try:
                path.rename(self.path / path.name)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                with path.open("rb") as source, whole_file(self.path / path.name) as copy:  # to another disk
                    shutil.copyfileobj(source, copy)
                path.unlink()
        return bool(found)

    def copy_checkpoint(self, other: "RunFolder") -> bool:
        """Copy the last checkpoint of another training here, to go on from; return whether it had one.

        Raises:
            OSError: it cannot be copied.
        """
        found = other.checkpoints[:1]
        for path in found:
            private_folder(self.path)
            with path.open("rb") as source, whole_file(self.checkpoint) as copy:
                shutil.copyfileobj(source, copy)
        return bool(found)

    def clear_failed(self, *, again: bool = False) -> None:
        """Remove the files of a failed training except for its failure, log and lock file.

        Its checkpoints stay, too, if it is tried `again`.
        """
        kept = [self.failure_file, self.log, self.lock_file, *(self.checkpoints if again else ())]
        _remove(*(path for path in self.path.glob("*") if path.is_file() and path not in kept))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Mark that this process is training in the folder.

        The mark is a lock of the operating system, which is released when the process ends, however it ends.

        Raises:
            TrainingError: another process trains in it.
            OSError: the folder cannot be written.
        """
        try:
            with locked(self.lock_file, _PATIENCE):
                yield
        except LockTakenError as taken:
            raise TrainingError(f"{taken.owner} is training in {self.path}: wait for it, or end it") from None

    def sign(self) -> None:
        """Show that the training of this process goes on, to those who look at the folder (`signed`)."""
        with suppress(OSError):
            os.utime(self.lock_file)

    def signed(self) -> int | None:
        """Return a number that changes with each `sign` of the process that trains here; None without one."""
        try:
            return self.lock_file.stat().st_mtime_ns
        except OSError:
            return None

    def process(self) -> int | None:
        """Return the id of the process that trains here, or None."""
        return holder(self.lock_file)


def _write(path: Path, text: str) -> None:
    with whole_file(path) as stream:
        stream.write(text.encode())


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
