"""The one-cycle policy."""

from paretocaps.domain.choices import Choices
from paretocaps.schedules.learning_rate.lr_policy import Moment, between

RISE = 0.45  # share of the steps in which the rate rises to lr_max, and of those in which it falls again
FALLEN = 2 * RISE  # share of the steps after which the rate is lr_min again


def one_cycle(choices: Choices, at: Moment) -> float:
    """Return the learning rate of the one-cycle policy (Eq. 1, Algorithm 1).

    The rate rises linearly from lr_min to lr_max over the first 0.45 T steps, falls back to lr_min over the
    next 0.45 T, and falls towards lr_min / 10 over the last tenth. T is the true number of steps of the
    training, and nothing is rounded. Because steps are 0 .. T-1, lr_min / 10 would be the value at step T.
    """
    peak, fallen = RISE * at.total_steps, FALLEN * at.total_steps
    if at.step <= peak:
        return between(choices.lowest_rate, choices.lr_max, at.step / peak)
    if at.step <= fallen:
        return between(choices.lowest_rate, choices.lr_max, (fallen - at.step) / peak)
    return choices.lowest_rate * (1.0 - 9.0 * (at.step - fallen) / at.total_steps)
