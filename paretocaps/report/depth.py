"""Memory, time and accuracy of a study's trials by the number of blocks, for each kind of network."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.front_record import FrontMember
from paretocaps.report.slopes import Slope, slope_of
from paretocaps.report.tables import choice_text

STACKED = FAMILIES.where(lambda family: "blocks" in family.choices)
"""The families that have a depth, in the order in which they are drawn."""
EPOCH_TIME = "epoch_time"
PANELS = ("memory", EPOCH_TIME, "acc", "latency", "latency_batch")
"""The quantities that are plotted against depth, where they were measured."""
GROWING = ("memory", EPOCH_TIME)
"""The quantities that grow by about the same amount with every block, for which a slope is fitted."""
_KINDS = ("family", "routing", "optimizer")


@dataclass(frozen=True)
class DepthPoint:
    """One depth of a line: `value` is the mean over `trials` trials, some of them `loaded` or none."""

    blocks: int
    value: float
    trials: int
    loaded: bool = False


@dataclass(frozen=True)
class DepthLine:
    """One quantity of one kind of network by depth.

    Attributes:
        quantity: its name.
        family: the networks' family.
        points: in the order of their blocks.
        kind: the choices that tell this line from the others: the family and, where they differ in the
            study, the routing and the optimiser.
        slope: the growth per block, fitted to the trials; None for quantities that do not grow by blocks,
            and where there is one depth.
    """

    quantity: str
    family: str
    points: tuple[DepthPoint, ...]
    kind: Mapping[str, str] = field(default_factory=dict)
    slope: Slope | None = None

    @property
    def name(self) -> str:
        """The values of its kind: "momentum_caps, sda, adam"."""
        return ", ".join(self.kind.values()) or self.family


def depth_lines(trials: Sequence[FrontMember]) -> list[DepthLine]:
    """Return memory, seconds per epoch, accuracy and, where measured, latencies by depth.

    There is a line for each family, and where routings or optimisers differ, for each of them. A value is
    the mean over all trials of that kind with that number of blocks, whatever their other choices.

    Args:
        trials: finished trials, with the quantities of `PANELS` that they have.

    Returns:
        Lines in the order of `PANELS`, then of families; none where all trials have the same depth, or
        have no family or blocks among their choices.
    """
    deep = [trial for trial in trials if "blocks" in trial.choices and "family" in trial.choices]
    if len({trial.choices["blocks"] for trial in deep}) < 2:
        return []
    named = [name for name in _KINDS if name == "family" or len({_value(trial, name) for trial in deep}) > 1]
    kinds = {tuple(_value(trial, name) for name in named): None for trial in deep}
    order = list(dict.fromkeys([*STACKED, *(values[0] for values in kinds)]))
    lines = [
        _line(
            quantity,
            dict(zip(named, values, strict=True)),
            [trial for trial in deep if tuple(_value(trial, name) for name in named) == values],
        )
        for quantity in PANELS
        for values in sorted(kinds, key=lambda values: (order.index(values[0]), values[1:]))
    ]
    return [line for line in lines if line.points]


def _value(trial: FrontMember, name: str) -> str:
    return choice_text(trial.choices.get(name))


def _line(quantity: str, kind: Mapping[str, str], trials: Sequence[FrontMember]) -> DepthLine:
    found: dict[int, list[float]] = {}
    loaded: set[int] = set()
    for trial in trials:
        value, blocks = trial.values.get(quantity, math.nan), int(trial.choices["blocks"])
        if math.isfinite(value):
            found.setdefault(blocks, []).append(value)
            loaded |= {blocks} if trial.loaded else set()
    points = (
        DepthPoint(blocks, fmean(values), len(values), blocks in loaded)
        for blocks, values in sorted(found.items())
    )
    measured = [(float(blocks), value) for blocks, values in sorted(found.items()) for value in values]
    slope = slope_of(measured) if quantity in GROWING else None
    return DepthLine(quantity, kind["family"], tuple(points), kind, slope)
