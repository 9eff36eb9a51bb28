"""What becomes of a training that is there already: gone on with, begun anew, or refused."""

from collections.abc import Callable

from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import Measurement
from paretocaps.errors import UsageError, why_not_written
from paretocaps.run_folder import RunFolder


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
    folder = RunFolder(job.folder)
    if (process := folder.process()) is not None:
        raise UsageError(f"{folder.path} is being trained in by process {process}: wait for it, or end it")
    finished = folder.measurement_file.exists()
    there = finished or any(file.exists() for file in (folder.checkpoint, folder.job_file, folder.weights))
    if there and not resume and not force:
        state = "a finished training" if finished else "an unfinished training"
        raise UsageError(
            f"{folder.path} has {state}: go on with it by --resume, begin anew by --force, or name another"
            " --output"
        )
    if finished and not force:
        return _finished(folder, job)
    if there and not force:
        notice(_going_on(folder))
    try:
        if force or not folder.checkpoint.exists():
            folder.forget()
            folder.leave_job(job)
    except OSError as error:
        why = why_not_written(error, "name another --output")
        raise UsageError(f"{folder.path} cannot be written: {why}") from None
    return None


def _going_on(folder: RunFolder) -> str:
    if folder.checkpoint.exists():
        return f"going on from {folder.checkpoint}"
    return f"{folder.path} has no checkpoint yet: beginning with the first epoch"


def _finished(folder: RunFolder, job: TrainingJob) -> Measurement:
    then = folder.job()
    differences = then.differences(job) if then else ["what it trained is not known"]
    if differences:
        raise UsageError(
            f"{folder.path} has another training, {'; '.join(differences)}: name another --output, or begin"
            " anew by --force"
        )
    found = folder.recover()
    if not isinstance(found, Measurement):
        raise UsageError(f"{found or f'{folder.path} has no measurement'}: begin anew by --force")
    return found
