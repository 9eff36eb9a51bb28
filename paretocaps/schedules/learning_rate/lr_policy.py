"""The protocol of a learning-rate policy, and the moment of a training that it depends on.

The policies are written by hand because PyTorch's schedulers keep their state in an optimiser and do not
support changes of the batch size; tests compare with them if the formula is the same.
"""

from typing import NamedTuple, Protocol

from paretocaps.domain.choices import Choices


class Moment(NamedTuple):
    """The position of one optimiser step in its training. Steps count from 0, epochs from 1.

    Attributes:
        step: the number of the step, counted across changes of the batch size.
        total_steps: the number of steps of the whole training (the papers' TS).
        epoch: the number of its epoch.
        epoch_step: the number of the step within its epoch.
        epoch_steps: the number of steps of its epoch.
        phase_step: the number of the step within its phase.
        phase_steps: the number of steps of its phase.
    """

    step: int
    total_steps: int
    epoch: int
    epoch_step: int
    epoch_steps: int
    phase_step: int
    phase_steps: int


class LearningRatePolicy(Protocol):
    """A pure function from the choices and the moment to the learning rate."""

    def __call__(self, choices: Choices, at: Moment) -> float:
        """Return the learning rate of the step at `at`, from 0 to `choices.lr_max`."""
        ...


def between(low: float, high: float, share: float) -> float:
    """Return the value at `share` of the way from `low` to `high`, exact at 0 and 1 and never outside."""
    return min(high, max(low, low * (1.0 - share) + high * share))
