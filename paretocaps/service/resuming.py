"""Decides whether a training in an existing folder is resumed, started anew, or refused."""

from collections.abc import Callable

from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import Measurement
from paretocaps.errors import UsageError, why_not_written
from paretocaps.run_folder import RunFolder


def prepare(
    job: TrainingJob, *, resume: bool, force: bool, notice: Callable[[str], None]
) -> Measurement | None:
    """Prepare the job's folder; return the measurement if it already has the finished training.

    Args:
        job: the job to train.
        resume: continue the training in the folder.
        force: remove the training in the folder.
        notice: is called with a line about the training to resume.

    Raises:
        UsageError: the folder has a training, and neither `resume` nor `force` is set; its training is
            a finished one of another job; another process trains in it; or it cannot be written.
    """
    folder = RunFolder(job.folder)
    if (process := folder.process()) is not None:
        raise UsageError(f"process {process} is training in {folder.path}: wait for it, or end it")
    finished = folder.measurement_file.exists()
    there = finished or bool(folder.checkpoints) or folder.job_file.exists() or folder.weights.exists()
    if there and not resume and not force:
        state = "a finished training" if finished else "an unfinished training"
        raise UsageError(
            f"{folder.path} has {state}: continue it with --resume, start anew with --force, or name another"
            " --output"
        )
    if finished and not force:
        return _finished(folder, job)
    if there and not force:
        notice(_going_on(folder))
    try:
        if force or not folder.checkpoints:
            folder.forget()
            folder.write_job(job)
    except OSError as error:
        why = why_not_written(error, "name another --output")
        raise UsageError(f"{folder.path} cannot be written: {why}") from None
    return None


def _going_on(folder: RunFolder) -> str:
    if folder.checkpoints:
        return f"continuing from {folder.checkpoints[0]}"
    return f"{folder.path} has no checkpoint yet: starting with the first epoch"


def _finished(folder: RunFolder, job: TrainingJob) -> Measurement:
    then = folder.job()
    differences = then.differences(job) if then else ["whose job is not known"]
    if differences:
        raise UsageError(
            f"{folder.path} has another training, {'; '.join(differences)}: name another --output, or start"
            " anew with --force"
        )
    found = folder.recover()
    if not isinstance(found, Measurement):
        raise UsageError(f"{found or f'{folder.path} has no measurement'}: start anew with --force")
    return found
