"""A plan as arrays, for drawing."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paretocaps.errors import UsageError
from paretocaps.schedules.plan import TrainingPlan


class PlanCurve(NamedTuple):
    """Learning rate and batch size at some steps of a plan; three arrays of shape [points].

    Attributes:
        steps: optimiser steps, ascending, from 0 to the plan's last one.
        learning_rates: the learning rate of each step.
        batch_sizes: the batch size of each step.
    """

    steps: NDArray[np.int64]
    learning_rates: NDArray[np.float64]
    batch_sizes: NDArray[np.int64]


def sample_curve(plan: TrainingPlan, points: int = 500) -> PlanCurve:
    """Return `plan` at about `points` evenly spread steps and at both ends of every epoch.

    Every change of the batch size, every restart and every drop of the learning rate lies between the last
    step of an epoch and the first of the next. Because these steps are always included, no change is missed
    or slanted, however small `points` is; the result may have more points.

    Raises:
        UsageError: `points` is below 2.
    """
    if points < 2:
        raise UsageError(f"points={points} make no curve: give 2 or more")
    last = plan.total_steps - 1
    starts = np.array(plan.epoch_starts(), dtype=np.int64)
    ends = np.append(starts[1:] - 1, last)
    even = np.linspace(0, last, min(points, plan.total_steps)).round().astype(np.int64)
    steps = np.unique(np.concatenate([even, starts, ends]))
    epochs = np.searchsorted(starts, steps, side="right")
    return PlanCurve(
        steps=steps,
        learning_rates=np.array([plan.learning_rate(int(step)) for step in steps], dtype=np.float64),
        batch_sizes=np.array([plan.batch_size(int(epoch)) for epoch in epochs], dtype=np.int64),
    )
