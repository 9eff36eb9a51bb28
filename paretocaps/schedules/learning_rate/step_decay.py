"""Decay in steps of several epochs."""

from paretocaps.domain.choices import Choices
from paretocaps.schedules.learning_rate.base import Moment

DECAY_RATE = 0.7
DECAY_EVERY = 2  # epochs


def step_decay(choices: Choices, at: Moment) -> float:
    """Return lr_max x decay_rate^floor((epoch - 1) / decay_every).

    By default x0.7 every 2 epochs, as the hybrid AlexCapsNet and ResCapsNet are trained.
    """
    rate = DECAY_RATE if choices.decay_rate is None else choices.decay_rate
    every = DECAY_EVERY if choices.decay_every is None else choices.decay_every
    return float(choices.lr_max * rate ** ((at.epoch - 1) // every))
