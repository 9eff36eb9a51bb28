"""Exponential decay, step by step."""

from paretocaps.domain.choices import Choices
from paretocaps.schedules.learning_rate.lr_policy import Moment


def exponential(choices: Choices, at: Moment) -> float:
    """Return lr_max x decay_rate^(step / decay_every) (X-TrainCaps, section 4.1: 0.96 and 2000 steps).

    The step counts the optimiser steps of the whole training, so that the learning rate does not jump when
    the batch size changes; the exponent is not rounded.
    """
    return float(choices.lr_max * choices.decay_rate ** (at.step / choices.decay_every))
