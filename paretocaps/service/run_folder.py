"""The folder of a run of `paretocaps train`: when it may be written to, and its table of epochs."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from paretocaps.domain.job import CHECKPOINT, TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.errors import UsageError, naming, why_not_written
from paretocaps.service.exporting import WEIGHTS
from paretocaps.writing import whole_file

EPOCHS = "epochs.csv"
"""The file with a row an epoch, its columns the fields of `EpochRecord`."""


def prepare(
    job: TrainingJob, *, resume: bool, force: bool, notice: Callable[[str], None]
) -> Measurement | None:
    """Make the job's folder ready; return the measurement of a finished training that is to be resumed.

    Args:
        job: what will be trained.
        resume: go on with what is there.
        force: remove what is there.
        notice: is told what was found.

    Raises:
        UsageError: the folder has a training, and neither `resume` nor `force` says what of it; it is
            a finished one of another job; another process trains in it; it cannot be written.
    """
    from paretocaps.execution.recover import JOB, MEASUREMENT, leave_job, left_job, still_training

    folder = job.folder
    if (process := still_training(folder)) is not None:
        raise UsageError(f"{folder} is being trained in by process {process}: wait for it, or end it")
    there = [name for name in (MEASUREMENT, CHECKPOINT, JOB, WEIGHTS) if (folder / name).exists()]
    if there and not resume and not force:
        state = "a finished training" if MEASUREMENT in there else "an unfinished training"
        raise UsageError(
            f"{folder} has {state}: go on with it by --resume, begin anew by --force, or name another"
            " --output"
        )
    if there and not force:
        if MEASUREMENT in there:
            return _finished(job, left_job(folder))
        notice(_going_on(folder))
    try:
        if force or not (folder / CHECKPOINT).exists():
            _forget(folder)
            leave_job(job)
    except OSError as error:
        why = why_not_written(error, "name another --output")
        raise UsageError(f"{folder} cannot be written: {why}") from None
    return None


def _going_on(folder: Path) -> str:
    if (folder / CHECKPOINT).exists():
        return f"going on from {folder / CHECKPOINT}"
    return f"{folder} has no checkpoint yet: beginning with the first epoch"


def _finished(job: TrainingJob, then: TrainingJob | None) -> Measurement:
    from paretocaps.execution.recover import recover

    differences = then.differences(job) if then else ["what it trained is not known"]
    if differences:
        raise UsageError(
            f"{job.folder} has another training, {'; '.join(differences)}: name another --output, or begin"
            " anew by --force"
        )
    found = recover(job.folder)
    if not isinstance(found, Measurement):
        raise UsageError(f"{found or f'{job.folder} has no measurement'}: begin anew by --force")
    return found


def _forget(folder: Path) -> None:
    from paretocaps.execution.recover import JOB, forget

    forget(folder)
    for name in (CHECKPOINT, WEIGHTS, EPOCHS, JOB):
        (folder / name).unlink(missing_ok=True)


@dataclass
class EpochsFile:
    """A table (CSV) with a row an epoch, written as they come.

    Attributes:
        path: where it is.
        told: the records so far.
    """

    path: Path
    told: list[EpochRecord] = field(default_factory=list)

    def add(self, record: EpochRecord) -> None:
        """Write the next row; the first one begins the file."""
        self.told.append(record)
        first = len(self.told) == 1
        with naming(self.path), self.path.open("w" if first else "a") as stream:
            stream.write(_table([record], header=first))

    def settle(self, records: tuple[EpochRecord, ...]) -> None:
        """Write the rows again, with what the end of the training says of them."""
        if records:
            with whole_file(self.path) as stream:
                stream.write(_table(records, header=True).encode())


def _table(records: Iterable[EpochRecord], *, header: bool) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(EpochRecord.model_fields), lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(record.model_dump() for record in records)
    return text.getvalue()
