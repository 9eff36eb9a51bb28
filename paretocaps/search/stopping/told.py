"""What samplers are told of a trial that was stopped early."""

from collections.abc import Sequence
from typing import Literal

from paretocaps.domain.objective import Objective
from paretocaps.search.stopping.curves import Curves, Training
from paretocaps.search.stopping.extrapolation import extrapolated

TOLD: Literal["pruned", "values", "extrapolated"] = "pruned"
"""What Optuna is told: that the trial was pruned, what it was worth so far, or what it would have come to.

TPE counts a pruned trial of several objectives among the bad ones, and among those with which it starts up.
"""


def told(training: Training, curves: Curves, objectives: Sequence[Objective]) -> list[float] | None:
    """Return the values that Optuna is told, in the objectives' own units; None for a pruned trial."""
    if TOLD == "pruned":
        return None
    found = extrapolated(training, curves, objectives, 0.5) if TOLD == "extrapolated" else None
    point = found or training.point
    return [objective.sign * value for objective, value in zip(objectives, point, strict=True)]
