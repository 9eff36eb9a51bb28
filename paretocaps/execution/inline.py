"""Runs jobs in this process, one after another: for debugging, and for trainers that only it knows."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from paretocaps.domain.failure import Failure
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.execution.attempt import attempt, write_failure
from paretocaps.execution.executor import OnJobEpoch, Outcome, refuse_full
from paretocaps.run_folder import RunFolder


class _DriverError(BaseException):
    # not an Exception: neither the trainer nor `attempt` may take the driver's error for the trainer's
    def __init__(self, error: Exception) -> None:
        self.error = error


class InlineExecutor:
    """An executor without workers: `wait` itself trains, and ignores its `timeout`.

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
        def report(record: EpochRecord) -> bool:
            try:
                return on_epoch(job, record)
            except Exception as error:
                raise _DriverError(error) from error

        placed = job.model_copy(update={"device": self._device})
        try:
            return attempt(placed, report)
        except _DriverError as wrapped:
            raise wrapped.error from None
        except Exception as error:
            return write_failure(placed, error)

    def abort(self) -> None:
        """Drop the submitted job."""
        self._job = None

    def close(self) -> None:
        """Drop the submitted job."""
        self.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
