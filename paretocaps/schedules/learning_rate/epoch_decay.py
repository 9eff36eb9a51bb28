"""Exponential decay, epoch by epoch."""

from paretocaps.domain.choices import Choices
from paretocaps.schedules.learning_rate.lr_policy import Moment


def epoch_decay(choices: Choices, at: Moment) -> float:
    """Return lr_max x decay_rate^((epoch - 1) / decay_every), constant within an epoch.

    The default, a factor of 0.96 per epoch, is MoCapsNet's; the exponent is not rounded.
    """
    return float(choices.lr_max * choices.decay_rate ** ((at.epoch - 1) / choices.decay_every))
