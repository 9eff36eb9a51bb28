"""Exponential decay, epoch by epoch."""

from paretocaps.domain.choices import Choices
from paretocaps.schedules.learning_rate.base import Moment

DECAY_RATE = 0.96
DECAY_EVERY = 1  # epochs


def epoch_decay(choices: Choices, at: Moment) -> float:
    """Return lr_max x decay_rate^((epoch - 1) / decay_every), constant within an epoch.

    By default x0.96 an epoch, as MoCapsNet is trained; the exponent is not rounded.
    """
    rate = DECAY_RATE if choices.decay_rate is None else choices.decay_rate
    every = DECAY_EVERY if choices.decay_every is None else choices.decay_every
    return float(choices.lr_max * rate ** ((at.epoch - 1) / every))
