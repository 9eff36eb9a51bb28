"""The protocol of executors, which run jobs, and the registry that other executors plug into."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

from paretocaps.domain.failure import Failure
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.wording import counted
from paretocaps.errors import ParetocapsError
from paretocaps.registry import Registry

OnJobEpoch = Callable[[TrainingJob, EpochRecord], bool]
"""It is called in the driver's thread after each epoch of a job, and returns whether the job continues.

It may have functions to be called in between (`WithProgress`), which get the job first.
"""


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes:
        job: the job as it was submitted.
        result: its measurement, or why there is none.
    """

    job: TrainingJob
    result: Measurement | Failure

    @property
    def measurement(self) -> Measurement | None:
        """The measurement, or None if the job failed."""
        return self.result if isinstance(self.result, Measurement) else None

    @property
    def failure(self) -> Failure | None:
        """Why there is no measurement, or None if there is one."""
        return self.result if isinstance(self.result, Failure) else None


class Executor(Protocol):
    """Runs jobs; it is a context manager, which is closed at the end, and no process outlives it.

    The executor decides where a job runs: it sets `device`, `threads` and `shared` of the job that
    the trainer gets. A trainer that fails gives an outcome with a failure, never an exception.
    """

    @property
    def capacity(self) -> int:
        """How many jobs may run at once."""
        ...

    def submit(self, job: TrainingJob) -> None:
        """Accept `job`, and remove the results of an earlier run from its folder.

        Raises:
            ParetocapsError: `capacity` jobs are already running.
        """
        ...

    def wait(self, on_epoch: OnJobEpoch, timeout: float | None = None) -> list[Outcome]:
        """Serve the running jobs until at least one ends, and return the outcomes.

        `on_epoch` is called in this thread, in the order of each job's epochs; if it returns False,
        the job ends with a measurement of its epochs so far. An exception of `on_epoch` is passed on.
        The list may be empty if no job is running, or after `timeout` seconds.
        """
        ...

    def abort(self) -> None:
        """End the running jobs at once; they have no outcome."""
        ...

    def close(self) -> None:
        """Free everything, and end the running jobs as `abort` does. Further calls change nothing."""
        ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


ExecutorFactory = Callable[[Sequence[str]], Executor]
"""Makes an executor that runs one job per entry of a list of devices (see `paretocaps.execution.devices`)."""


@runtime_checkable
class ElsewhereFactory(Protocol):
    """A factory of executors that do not train on this machine's devices: the study's settings say where."""

    def __call__(self, devices: Sequence[str]) -> Executor:
        """Return an executor that runs one job per entry of `devices`."""
        ...

    def places(self, spec: StudySpec) -> list[str]:
        """Return the places of a study's jobs, one per job that may run at once; equal ones are shared.

        Raises:
            UsageError: the study cannot be trained there.
        """
        ...

    def of_study(self, spec: StudySpec, pinned: str | None, pin: Callable[[str], str]) -> Executor:
        """Return an executor for a study.

        Args:
            spec: the study's settings.
            pinned: the type of GPU that the study trains on, or None if none of its jobs had one.
            pin: stores the type of the first job's GPU, and returns that of the study; it is another one if
                another driver was quicker.

        Raises:
            UsageError: the study cannot be trained there.
        """
        ...


@runtime_checkable
class SlotsFactory(Protocol):
    """A factory of executors that can also train on slots of this machine's CPU."""

    def __call__(self, devices: Sequence[str]) -> Executor:
        """Return an executor that runs one job per entry of `devices`."""
        ...

    def on_slots(self, cores: int, jobs: int) -> Executor:
        """Return an executor that runs so many jobs at once, each pinned to a slot of so many cores."""
        ...


EXECUTORS: Registry[ExecutorFactory] = Registry(
    "executor",
    {
        "processes": "paretocaps.execution.processes:ProcessExecutor",
        "inline": "paretocaps.execution.inline:InlineExecutor",
        "ray": "paretocaps.execution.ray_executor:RayExecutor",
    },
    group="paretocaps.executors",
)


def refuse_full(capacity: int, job: TrainingJob) -> ParetocapsError:
    """Return the error for a `submit` beyond the capacity."""
    return ParetocapsError(
        f"trial {job.trial} cannot start beside {counted(capacity, 'job')}, the most at once: wait for an"
        " outcome"
    )
