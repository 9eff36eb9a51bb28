"""Decay in steps of several epochs."""

from paretocaps.domain.choices import Choices
from paretocaps.schedules.learning_rate.lr_policy import Moment


def step_decay(choices: Choices, at: Moment) -> float:
    """Return lr_max x decay_rate^floor((epoch - 1) / decay_every).

    By default x0.7 every 2 epochs, as the hybrid AlexCapsNet and ResCapsNet are trained.
    """
    return float(choices.lr_max * choices.decay_rate ** ((at.epoch - 1) // choices.decay_every))
