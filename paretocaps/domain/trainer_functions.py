"""The functions of a trainer, as protocols: what each is called with, and what it returns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from paretocaps.domain.effect import Facts
from paretocaps.domain.forecast import Forecast
from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.measurement import EpochRecord, JudgedTest, Measurement
from paretocaps.domain.progress import OnProgress
from paretocaps.errors import UsageError

OnEpoch = Callable[[EpochRecord], bool]
"""A function that is called after each epoch and returns whether to continue.

Where it has an attribute `progress` (`progress_of`), that is called in between with how far the training is.
"""


Calibrate = Callable[[str, int | None], float]
"""A function that times a trainer's fixed reference step: it is called with a device ("cpu", "cuda:0") and
the number of CPU threads (None keeps the present number), and returns the seconds of the step there.

The ratio of these seconds scales the trainer's times from one device to another. So the step must be the same
whatever is searched, and typical of a training. The function sets the given number of threads, synchronises
the device before each reading of the clock, and does not change the global random states.
"""


@dataclass(frozen=True)
class CheckedData:
    """What a trainer found when it checked a study's data.

    Attributes:
        remarks: notes for the user, one line each.
        reading: how the data were read, in values that JSON can hold. A study keeps it, and does not go on
            where it has changed. None if the trainer does not tell.
        anew: what versions that kept no `reading` read otherwise, one phrase each.
        facts: the numbers about the data on which the trainer's `effects` depend.
        held_out: the parts, "validation" or "test", that the data lack, taken out of the training images.
    """

    remarks: tuple[str, ...] = ()
    reading: Mapping[str, Any] | None = None
    anew: tuple[str, ...] = ()
    facts: Facts = field(default_factory=dict)
    held_out: tuple[str, ...] = ("validation",)


class Check(Protocol):
    """A function that checks a study's data before it starts, and prepares them once for all trials.

    It raises an error if something is wrong with the data, and returns remarks about them, one line each, or
    `CheckedData`. It reports the progress of a preparation to `on_preparing`, unless that is None.
    """

    def __call__(self, data: DataSpec, on_preparing: OnProgress | None) -> Sequence[str] | CheckedData:
        """Check `data`."""
        ...


class TypicalStep(Protocol):
    """A function that makes one training step ready, by which it is decided how a CPU is split into slots."""

    def __call__(self, job: TrainingJob, data: CheckedData) -> Callable[[int, float], float]:
        """Return a function that takes a typical step of `job`, on made-up images like those of `data`.

        It is called with the number of CPU threads to use, and with the share of a batch's images to take; it
        takes the step once or more often, and returns the seconds of one.
        """
        ...


Forecaster = Callable[[Mapping[str, Any]], Forecast]
"""Returns the forecast of a training with given canonical choices.

It raises a `UsageError` for choices that do not fit the data.
"""


def forecast_of(forecaster: Forecaster | None, choices: Mapping[str, Any]) -> Forecast:
    """Return what is told of a training: nothing where there is no forecaster, or it refuses the choices."""
    try:
        return Forecast() if forecaster is None else forecaster(choices)
    except UsageError:  # the training says it better
        return Forecast()


class Forecasting(Protocol):
    """A function that tells of a study's trainings before they begin, without importing torch."""

    def __call__(self, data: CheckedData, epochs: int, ranks: int) -> Forecaster:
        """Return the forecast of a training as a function of its choices.

        Args:
            data: what the trainer found in the study's data.
            epochs: the epochs of each training.
            ranks: the study's ranks.
        """
        ...


class Continuing(Protocol):
    """A function that tells whether a training can go on as a longer one, without importing torch."""

    def __call__(self, choices: Mapping[str, Any], epochs: int, longer: int, facts: Facts) -> str:
        """Return why a training does not begin as a longer one does; an empty text if it does.

        Args:
            choices: its canonical choices.
            epochs: its epochs.
            longer: the epochs of the longer one, with the same choices, seed and images.
            facts: what is known about the study.
        """
        ...


class Train(Protocol):
    """A function that trains one job and measures it.

    It calls `on_epoch` after every epoch, in order; if that returns False, the training ends there, with a
    measurement of the epochs so far. A training that fails raises an error.

    It may call `progress_of(on_epoch)` with how far it is, as often as it likes, while it takes steps,
    evaluates or prepares anything. By this it is known to be alive: a training that is silent for many times
    its longest silence so far is ended.
    """

    def __call__(self, job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
        """Train `job` and return its measurement."""
        ...


class Judge(Protocol):
    """A function that measures the accuracy of a trained network on the test part.

    It is called with the job that trained it, whose `device` and `threads` are those to judge on and whose
    `tunings` are those that its measurement names, and with the file that this names as `weights`. It calls
    `on_progress` as often as it likes.
    """

    def __call__(self, job: TrainingJob, weights: Path, on_progress: OnProgress) -> JudgedTest:
        """Return the accuracy that `train` measures of these weights where `job.test` is set."""
        ...
