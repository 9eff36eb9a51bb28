"""Decay in steps of several epochs."""

from paretocaps.domain.choices import Choices
from paretocaps.schedules.learning_rate.lr_policy import Moment


def step_decay(choices: Choices, at: Moment) -> float:
    """Return lr_max x decay_rate^floor((epoch - 1) / decay_every).

    The default, a factor of 0.7 every 2 epochs, is that of the hybrids AlexCapsNet and ResCapsNet.
    """
    return float(choices.lr_max * choices.decay_rate ** ((at.epoch - 1) // choices.decay_every))
