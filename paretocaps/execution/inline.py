"""Runs jobs in this process, one after another: for debugging, and for trainers that only it knows."""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from paretocaps.domain.failure import Failure
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.domain.progress import WithProgress, progress_of, tuned_of
from paretocaps.domain.tuning import Tuning
from paretocaps.execution.attempt import attempt, write_failure
from paretocaps.execution.executor import Executor, OnJobEpoch, Outcome, refuse_full
from paretocaps.execution.limits import Limits
from paretocaps.run_folder import RunFolder
from paretocaps.uninterrupted import is_of_interrupt


class _DriverError(BaseException):
    # not an Exception: neither the trainer nor `attempt` may take the driver's error for the trainer's
    def __init__(self, error: Exception) -> None:
        self.error = error


class _OutOfTime(BaseException):
    def __init__(self, failure: Failure) -> None:
        self.failure = failure


@contextmanager
def _drivers_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise _DriverError(error) from error


class _Deadline:
    """Raises `_OutOfTime` where a job tells something after its `trial_timeout`."""

    def __init__(self, job: TrainingJob) -> None:
        self._limits = Limits(stall_timeout=math.inf, trial_timeout=job.trial_timeout)
        self._told = time.monotonic()

    def check(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        self._limits.spend(now - self._told)
        self._limits.hear(what, done, total)
        self._told = now
        if failure := self._limits.exceeded():
            raise _OutOfTime(failure)


class InlineExecutor(Executor):
    """An executor without workers: `wait` itself trains, and ignores its `timeout`.

    A job is ended at its `trial_timeout` when it next tells its progress; nothing sees that it is silent.

    Args:
        devices: where to train; the first one is used.
    """

    capacity = 1

    def __init__(self, devices: Sequence[str] = ("cpu",)) -> None:
        self._device = devices[0]
        self._job: TrainingJob | None = None

    def submit(self, job: TrainingJob) -> None:
        """Keep `job` for the next `wait`.

        Raises:
            ParetocapsError: another job is already kept.
        """
        if self._job is not None:
            raise refuse_full(self.capacity, job)
        RunFolder(job.folder).forget_result()
        self._job = job

    def wait(self, on_epoch: OnJobEpoch, timeout: float | None = None) -> list[Outcome]:
        """Train the submitted job to its end and return its outcome; without a job, return an empty list.

        An exception of `on_epoch` is passed on, as are KeyboardInterrupt and SystemExit.
        """
        job, self._job = self._job, None
        return [] if job is None else [Outcome(job, self._train(job, on_epoch))]

    def _train(self, job: TrainingJob, on_epoch: OnJobEpoch) -> Measurement | Failure:
        limits = _Deadline(job)

        def report(record: EpochRecord) -> bool:
            limits.check("epoch", record.epoch, job.epochs)
            with _drivers_errors():
                return on_epoch(job, record)

        def tell(what: str, done: int, total: int) -> None:
            limits.check(what, done, total)
            with _drivers_errors():
                progress_of(on_epoch)(job, what, done, total)

        def keep(device: str, key: str, tuning: Tuning) -> Tuning:
            with _drivers_errors():
                return tuned_of(on_epoch)(job, device, key, tuning)

        placed = job.model_copy(update={"device": self._device})
        try:
            return attempt(placed, WithProgress(report, tell, keep))
        except _DriverError as wrapped:
            raise wrapped.error from None
        except _OutOfTime as over:
            return over.failure
        except Exception as error:
            if is_of_interrupt(error):
                raise KeyboardInterrupt from error
            return write_failure(placed, error)

    def abort(self) -> None:
        """Drop the submitted job."""
        self._job = None

    def close(self) -> None:
        """Drop the submitted job."""
        self.abort()
