"""Warm restarts with cosine annealing."""

import math

from paretocaps.domain.choices import Choices
from paretocaps.schedules.learning_rate.lr_policy import Moment, between


def warm_restarts(choices: Choices, at: Moment) -> float:
    """Return lr_min + (lr_max - lr_min) (1 + cos(pi ts / Ti)) / 2 (Eq. 2, Algorithm 2).

    ts = 0 .. Ti-1 is the step within the cycle and Ti the real number of steps of the cycle:
    that of this epoch with `cycle="epoch"` (X-TrainCaps, section 4.1), that of this batch phase
    with `cycle="phase"`, which is WarmAdaBatch (Algorithm 5) when joined with the batch schedule
    `adabatch`. So the first step of a cycle is made at exactly lr_max, and lr_min would be the
    value at Ti. (Algorithm 2 as printed counts to Ti itself, which makes cycles of Ti + 1 steps.)
    """
    by_epoch = choices.cycle == "epoch"
    ts, cycle_steps = (at.epoch_step, at.epoch_steps) if by_epoch else (at.phase_step, at.phase_steps)
    share = (1.0 + math.cos(math.pi * ts / cycle_steps)) / 2.0
    return between(choices.lr_min, choices.lr_max, share)
