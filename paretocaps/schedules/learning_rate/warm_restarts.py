"""Warm restarts with cosine annealing."""

import math

from paretocaps.domain.choices import Choices
from paretocaps.schedules.learning_rate.lr_policy import Moment, between


def warm_restarts(choices: Choices, at: Moment) -> float:
    """Return lr_min + (lr_max - lr_min) (1 + cos(pi ts / Ti)) / 2 (Eq. 2, Algorithm 2).

    ts = 0 .. Ti-1 is the step within the cycle, and Ti the true number of steps of the cycle. A cycle is an
    epoch with `cycle="epoch"` (X-TrainCaps, section 4.1), and a phase of one batch size with `cycle="phase"`,
    which together with the batch schedule `adabatch` is WarmAdaBatch (Algorithm 5). So the first step of a
    cycle has exactly lr_max, and lr_min would be the value at step Ti. (Algorithm 2 as printed counts to Ti
    itself, which gives cycles of Ti + 1 steps.)
    """
    by_epoch = choices.cycle == "epoch"
    ts, cycle_steps = (at.epoch_step, at.epoch_steps) if by_epoch else (at.phase_step, at.phase_steps)
    share = (1.0 + math.cos(math.pi * ts / cycle_steps)) / 2.0
    return between(choices.lowest_rate, choices.lr_max, share)
