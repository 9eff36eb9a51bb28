"""Memory, time and accuracy of a study's trials by depth: by the number of blocks, for each family."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.front_record import FrontMember

STACKED = FAMILIES.where(lambda family: "blocks" in family.choices)
"""The families that have a depth, in the order in which they are drawn."""
EPOCH_TIME = "epoch_time"
PANELS = ("memory", EPOCH_TIME, "acc", "latency", "latency_batch")
"""The quantities that are plotted against depth, where they were measured."""


@dataclass(frozen=True)
class DepthPoint:
    """One depth of a family: `value` is the mean over `trials` trials."""

    blocks: int
    value: float
    trials: int


@dataclass(frozen=True)
class DepthLine:
    """One quantity of one family by depth; `points` are in the order of their blocks."""

    quantity: str
    family: str
    points: tuple[DepthPoint, ...]


def depth_lines(trials: Sequence[FrontMember]) -> list[DepthLine]:
    """Return memory, seconds per epoch, accuracy and, where measured, latencies by depth for each family.

    A value is the mean over all trials of a family with that number of blocks, whatever their other choices.

    Args:
        trials: finished trials, with the quantities of `PANELS` that they have.

    Returns:
        Lines in the order of `PANELS`, then of families; none where all trials have the same depth, or
        have no family or blocks among their choices.
    """
    deep = [trial for trial in trials if "blocks" in trial.choices and "family" in trial.choices]
    if len({trial.choices["blocks"] for trial in deep}) < 2:
        return []
    others = [str(trial.choices["family"]) for trial in deep]
    families = [family for family in dict.fromkeys([*STACKED, *others]) if family in others]
    lines = [
        _line(quantity, family, [trial for trial in deep if trial.choices["family"] == family])
        for quantity in PANELS
        for family in families
    ]
    return [line for line in lines if line.points]


def _line(quantity: str, family: str, trials: Sequence[FrontMember]) -> DepthLine:
    found: dict[int, list[float]] = {}
    for trial in trials:
        value = trial.values.get(quantity, math.nan)
        if math.isfinite(value):
            found.setdefault(int(trial.choices["blocks"]), []).append(value)
    points = (DepthPoint(blocks, fmean(values), len(values)) for blocks, values in sorted(found.items()))
    return DepthLine(quantity, family, tuple(points))
