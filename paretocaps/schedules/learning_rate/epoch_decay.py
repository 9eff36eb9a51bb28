"""Exponential decay, epoch by epoch."""

from paretocaps.domain.choices import Choices
from paretocaps.schedules.learning_rate.lr_policy import Moment


def epoch_decay(choices: Choices, at: Moment) -> float:
    """Return lr_max x decay_rate^((epoch - 1) / decay_every), constant within an epoch.

    By default x0.96 an epoch, as MoCapsNet is trained; the exponent is not rounded.
    """
    return float(choices.lr_max * choices.decay_rate ** ((at.epoch - 1) / choices.decay_every))
