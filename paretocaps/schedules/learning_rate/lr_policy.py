"""What a learning-rate policy is, and the moment of a training it is asked about.

By hand: PyTorch's schedulers keep their place in an optimiser, and know no changes of the batch size; where
they state the same formula, tests compare with them.
"""

from typing import NamedTuple, Protocol

from paretocaps.domain.choices import Choices


class Moment(NamedTuple):
    """One optimiser step, placed in its training. Steps count from 0, epochs from 1.

    Attributes:
        step: the step, counted for real across changes of the batch size.
        total_steps: steps of the whole training (the papers' TS).
        epoch: number of its epoch.
        epoch_step: the step within its epoch.
        epoch_steps: steps of its epoch.
        phase_step: the step within its phase.
        phase_steps: steps of its phase.
    """

    step: int
    total_steps: int
    epoch: int
    epoch_step: int
    epoch_steps: int
    phase_step: int
    phase_steps: int


class LearningRatePolicy(Protocol):
    """The learning rate as a pure function of the choices and of the moment."""

    def __call__(self, choices: Choices, at: Moment) -> float:
        """Return the learning rate with which the step at `at` is made, from 0 to `choices.lr_max`."""
        ...


def between(low: float, high: float, share: float) -> float:
    """Return the value at `share` of the way from `low` to `high`: exact at 0 and 1, never beyond."""
    return min(high, max(low, low * (1.0 - share) + high * share))
