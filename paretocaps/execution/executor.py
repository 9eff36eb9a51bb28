"""The executor protocol: how jobs run, and the registry that ways of running them plug into."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from paretocaps.domain.failure import Failure
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.errors import ParetocapsError
from paretocaps.registry import Registry

OnJobEpoch = Callable[[TrainingJob, EpochRecord], bool]
"""Called in the driver's thread after each epoch of a job; returns whether that job goes on."""


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes:
        job: as it was submitted.
        result: what was measured, or why nothing was.
    """

    job: TrainingJob
    result: Measurement | Failure

    @property
    def measurement(self) -> Measurement | None:
        """What was measured, or None where the job failed."""
        return self.result if isinstance(self.result, Measurement) else None

    @property
    def failure(self) -> Failure | None:
        """Why there is no measurement, or None where there is one."""
        return self.result if isinstance(self.result, Failure) else None


class Executor(Protocol):
    """Runs jobs; a context manager that leaves no process behind.

    The executor decides where a job runs: it sets `device`, `threads` and `shared` of the job that
    the trainer gets. A trainer that fails is an outcome with a failure, never an exception.
    """

    @property
    def capacity(self) -> int:
        """How many jobs may be under way at once."""
        ...

    def submit(self, job: TrainingJob) -> None:
        """Take `job` on; results of an earlier run in its folder are removed.

        Raises:
            ParetocapsError: `capacity` jobs are under way already.
        """
        ...

    def wait(self, on_epoch: OnJobEpoch, timeout: float | None = None) -> list[Outcome]:
        """Serve the jobs under way until one ends, and return those that ended.

        `on_epoch` is called in this thread, in the order of each job's epochs; where it returns
        False that job ends with a measurement of its epochs so far. What it raises passes through.
        After `timeout` seconds, or with no job under way, the list may be empty.
        """
        ...

    def abort(self) -> None:
        """End the jobs under way at once, without an outcome."""
        ...

    def close(self) -> None:
        """Free everything; jobs still under way are ended as by `abort`. May be called again."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


ExecutorFactory = Callable[[Sequence[str]], Executor]
"""Makes an executor over devices, one place for a job each (see `paretocaps.execution.devices`)."""

EXECUTORS: Registry[ExecutorFactory] = Registry(
    "executor",
    {
        "processes": "paretocaps.execution.processes:ProcessExecutor",
        "inline": "paretocaps.execution.inline:InlineExecutor",
    },
    group="paretocaps.executors",
)


def refuse_full(capacity: int, job: TrainingJob) -> ParetocapsError:
    """Return the error of a `submit` beyond the capacity."""
    return ParetocapsError(
        f"trial {job.trial} cannot start: all {capacity} places are taken; wait for an outcome first"
    )
