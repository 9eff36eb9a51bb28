"""The learning-rate range test: its rates, its smoothed losses, and the bounds that they suggest.

Smith 2017, "Cyclical learning rates for training neural networks", section 3.3, raises the learning rate
over a short training to see where the loss begins to fall and where it stops falling. The papers take their
bounds, 1e-4 and 1e-3, from such a test. Smith raises the rate linearly and reads the bounds off a plot; here
it rises exponentially, because the bounds are orders of magnitude apart, and `suggest` computes the bounds.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

RISE = 4.0
"""The sweep ends when the smoothed loss is this many times the lowest one."""

_SPAN = 0.05  # share of the steps over which the loss is averaged: from 1e-6 to 1, a third of a decade
_SETTLING = 0.1  # share of the steps in which a rising loss does not yet end the sweep


@dataclass(frozen=True)
class RangePoint:
    """One step: its learning rate, its loss, and the loss smoothed up to it."""

    step: int
    learning_rate: float
    loss: float
    smoothed: float


@dataclass(frozen=True)
class Suggestion:
    """The bounds that the losses of a sweep suggest; all are None if the loss never fell.

    Attributes:
        lr_min, lr_max: bounds for schedules: `lr_max` is a tenth of `lowest`, and `lr_min` a tenth of
            `lr_max`.
        steepest: the rate at which the smoothed loss fell fastest per order of magnitude of the rate.
        lowest: the rate at which the smoothed loss was lowest.
    """

    lr_min: float | None
    lr_max: float | None
    steepest: float | None
    lowest: float | None


def rising_rates(low: float, high: float, steps: int) -> list[float]:
    """Return `steps` (2 or more) learning rates from `low` to `high` that grow by a constant factor."""
    return [low * (high / low) ** (step / (steps - 1)) for step in range(steps)]


def observed(rates: Sequence[float], losses: Iterable[float]) -> Iterator[RangePoint]:
    """Yield one point per step, until the loss is not finite or its smoothed value `RISE` times the lowest.

    The smoothed loss is the exponential moving average over about a twentieth of the steps, with bias
    correction. The step that ends the sweep is yielded too if its loss is finite.

    Args:
        rates: the learning rates of all steps that may be taken.
        losses: the losses of the steps as they are taken; no more are consumed than are needed.
    """
    keep = 1 - 1 / max(1.0, _SPAN * len(rates))
    average, lowest = 0.0, math.inf
    for step, (rate, loss) in enumerate(zip(rates, losses, strict=False)):
        if not math.isfinite(loss):
            return
        average = keep * average + (1 - keep) * loss
        smoothed = average / (1 - keep ** (step + 1))
        yield RangePoint(step, rate, loss, smoothed)
        if step >= _SETTLING * len(rates) and smoothed > RISE * lowest:
            return
        lowest = min(lowest, smoothed)


def suggest(points: Sequence[RangePoint]) -> Suggestion:
    """Return the bounds that a sweep suggests.

    `lr_max` is one order of magnitude below the rate of the lowest smoothed loss, and so far from the rates
    at which training diverges; `lr_min` is one order below that, as in the papers' 1e-3 and 1e-4. If the
    first loss is the lowest, there are no bounds.
    """
    if not points:
        return Suggestion(None, None, None, None)
    lowest = min(points, key=lambda point: (point.smoothed, point.step))
    falling = [
        ((after.smoothed - before.smoothed) / math.log(after.learning_rate / before.learning_rate), after)
        for before, after in pairwise(points[: lowest.step + 1])
    ]
    if not falling:
        return Suggestion(None, None, None, None)
    _, steepest = min(falling, key=lambda pair: (pair[0], pair[1].step))
    lr_max = lowest.learning_rate / 10
    return Suggestion(lr_max / 10, lr_max, steepest.learning_rate, lowest.learning_rate)
