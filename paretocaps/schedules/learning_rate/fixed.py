"""One learning rate throughout."""

from paretocaps.domain.choices import Choices
from paretocaps.schedules.learning_rate.lr_policy import Moment


def fixed(choices: Choices, at: Moment) -> float:
    """Return `lr_max` (X-TrainCaps, section 4.1: 0.001), whatever the moment."""
    return choices.lr_max
