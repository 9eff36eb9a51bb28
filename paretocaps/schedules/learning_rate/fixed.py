"""A constant learning rate."""

from paretocaps.domain.choices import Choices
from paretocaps.schedules.learning_rate.lr_policy import Moment


def fixed(choices: Choices, at: Moment) -> float:
    """Return `lr_max` (X-TrainCaps, section 4.1: 0.001) at every moment."""
    return choices.lr_max
