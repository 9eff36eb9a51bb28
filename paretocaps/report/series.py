"""The data of the figures, computed before anything is drawn."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

from paretocaps.domain.front_record import LOADED, FrontMember
from paretocaps.domain.objective import Objective
from paretocaps.report.places import without_folders
from paretocaps.report.tables import choice_text, estimate_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RECONSTRUCTION = "with reconstruction"
"""What is said of a training loss that has that of the decoder, too; validation losses never do."""
DECADE = 10.0
HOLLOW = (LOADED, "shared")
"""The flags of trials that are drawn hollow."""
_CROWDED = 0.2
"""Below this share of an axis a front is too crowded to read, and the axis is fitted to the front."""
_PADDING = 0.08
_MANY_DECADES = 4


def reconstructs(choices: Mapping[str, Any]) -> bool:
    """Return whether the training loss of such a network has that of its decoder, too."""
    return choices.get("decoder") not in (None, "none")


@dataclass(frozen=True)
class Points:
    """Trials as points: `values` has n rows of one number per objective, `hover` one row of texts per trial.

    `template` is what hovering shows, in plotly's form, with the texts as its `customdata`. `intervals` has n
    rows of one (low, high) per objective, both equal to the value where it has no interval. `hollow` has the
    numbers of those whose times are not those of a device of their own (see `is_hollow`).
    """

    trials: tuple[int, ...]
    values: tuple[tuple[float, ...], ...]
    hover: tuple[tuple[str, ...], ...]
    template: str
    intervals: tuple[tuple[tuple[float, float], ...], ...]
    hollow: frozenset[int] = frozenset()

    def column(self, index: int) -> list[float]:
        """Return the n values of one objective."""
        return [row[index] for row in self.values]

    def array(self, index: int) -> "NDArray[np.float64]":
        """Return the n values of one objective as plotly takes them fastest."""
        import numpy as np

        return np.array(self.column(index), dtype=np.float64)

    def reach(self, index: int) -> list[float]:
        """Return the values of one objective and the ends of their intervals, for an axis with room for them.

        The axis reaches beyond the values by no more than they span, and stays above 0 where all of them are,
        so that the wide intervals of two seeds do not squeeze the front together.
        """
        values = self.column(index)
        if not values:
            return values
        low, high = min(values), max(values)
        below, above = 2 * low - high, 2 * high - low
        if below <= 0 < low:
            below = low / 2
        ends = [end for row in self.intervals for end in row[index]]
        return [*values, *(min(max(end, below), above) for end in ends)]

    def bars(self, index: int) -> dict[str, list[float]] | None:
        """Return how far the intervals of one objective reach from its values, as plotly takes it.

        The result is None where no trial has an interval, or none of any width.
        """
        ends = zip(self.column(index), (row[index] for row in self.intervals), strict=False)
        reach = [(high - value, value - low) for value, (low, high) in ends]
        if not any(map(any, reach)):
            return None
        return {"array": [above for above, _ in reach], "arrayminus": [below for _, below in reach]}

    def parted(self) -> tuple[Self, Self]:
        """Return those that are not hollow, and those that are."""
        hollow = [trial in self.hollow for trial in self.trials]
        quiet, disturbed = (
            [row for row, one in enumerate(hollow) if one is wanted] for wanted in (False, True)
        )
        return self.only(quiet), self.only(disturbed)

    def only(self, rows: Sequence[int]) -> Self:
        """Return the points in `rows`, in their order."""
        return replace(
            self,
            trials=tuple(self.trials[row] for row in rows),
            values=tuple(self.values[row] for row in rows),
            hover=tuple(self.hover[row] for row in rows),
            intervals=tuple(self.intervals[row] for row in rows),
        )

    def __len__(self) -> int:
        return len(self.trials)


@dataclass(frozen=True)
class Extent:
    """An axis: whether it is logarithmic, its range over all trials, and the front's own where it has one.

    Ranges have plotly's form: exponents of 10 on a logarithmic axis.
    """

    log: bool
    everything: tuple[float, float]
    front: tuple[float, float] | None


def points(members: Sequence[FrontMember], objectives: Sequence[Objective], brief: bool = False) -> Points:
    """Return the trials that have a finite value in every objective; `brief` is passed to `hover_texts`."""
    shown = [member for member in members if is_point(member, objectives)]
    return Points(
        trials=tuple(member.trial for member in shown),
        values=tuple(tuple(float(member.values[o.name]) for o in objectives) for member in shown),
        hover=tuple(hover_texts(member, objectives, brief) for member in shown),
        template=hover_template(objectives, brief),
        intervals=tuple(tuple(_interval(member, o) for o in objectives) for member in shown),
        hollow=frozenset(member.trial for member in shown if is_hollow(member)),
    )


def is_point(member: FrontMember, objectives: Sequence[Objective]) -> bool:
    """Return whether a trial has a finite value in every objective."""
    return all(math.isfinite(member.values.get(o.name, math.nan)) for o in objectives)


def is_hollow(member: FrontMember) -> bool:
    """Return whether a trial is drawn hollow: its device was loaded or shared while it was trained."""
    return any(flag in member.flags for flag in HOLLOW)


def hover_texts(member: FrontMember, objectives: Sequence[Objective], brief: bool = False) -> tuple[str, ...]:
    """Return what fills `hover_template` for a trial: number, design and seeds, objectives, choices.

    The markup that is the same for all trials is in the template alone, because a page with thousands of
    trials in every figure would be twice as large.
    """
    seeds = f", mean of {member.seeds} seeds" if member.seeds > 1 else ""
    flags = "".join(f", {flag}" for flag in HOLLOW if flag in member.flags)
    about = (f" ({plain(member.design)})" if member.design else "") + seeds + flags
    number = str(member.trial) if member.trial >= 0 else "of the paper"
    texts = [number, about, *(estimate_text(o, member.estimate(o.name)) for o in objectives)]
    if not brief:
        said = {n: without_folders(choice_text(v)) for n, v in member.choices.items() if v is not None}
        choices = [f"{plain(name)}={plain(text)}" for name, text in said.items()]
        texts.append("".join(f"<br>{', '.join(choices[i : i + 3])}" for i in range(0, len(choices), 3)))
    return tuple(texts)


def hover_template(objectives: Sequence[Objective], brief: bool = False) -> str:
    """Return what hovering over a trial shows, in plotly's HTML: objectives and, unless `brief`, choices."""
    lines = [f"<br>{plain(o.name)} {_text(index)}" for index, o in enumerate(objectives, start=2)]
    choices = "" if brief else _text(2 + len(objectives))
    return f"<b>trial {_text(0)}</b>{_text(1)}{''.join(lines)}{choices}<extra></extra>"


def _text(index: int) -> str:
    return f"%{{customdata[{index}]}}"


def is_logarithmic(objective: Objective, values: Sequence[float]) -> bool:
    """Return whether an axis is logarithmic: for a minimized, positive objective over more than a decade."""
    return (
        objective.direction == "minimize"
        and bool(values)
        and min(values) > 0.0
        and max(values) > DECADE * min(values)
    )


def extent(objective: Objective, front: Sequence[float], everything: Sequence[float]) -> Extent:
    """Return the axis for an objective: over all trials, and over the front where that would be crowded.

    A few bad trials (accuracy 0.1, where the front goes from 0.97 to 0.99) would squeeze the front together.

    Args:
        objective: the objective on the axis.
        front: the values of the front's members.
        everything: the values of all trials, the front's included; at least one.
    """
    log = is_logarithmic(objective, everything)
    whole = _padded(everything, log)
    own = _padded(front, log) if front else whole
    crowded = (own[1] - own[0]) < _CROWDED * (whole[1] - whole[0])
    return Extent(log, whole, own if crowded and len(set(front)) > 1 else None)


def log_ticks(exponents: tuple[float, float]) -> list[float]:
    """Return 1, 2 and 5 times the powers of ten between two exponents; over many decades only the powers."""
    low, high = exponents
    factors = (1, 2, 5) if high - low < _MANY_DECADES else (1,)
    powers = range(math.floor(low), math.ceil(high) + 1)
    ticks = [factor * 10.0**power for power in powers for factor in factors]
    return [tick for tick in ticks if low <= math.log10(tick) <= high]


def staircase(shown: Points, objectives: Sequence[Objective], x: int, y: int) -> list[tuple[float, float]]:
    """Return the corners, by rising x, of the step line beyond which no trial lies in two objectives.

    Args:
        shown: the front's members.
        objectives: its objectives.
        x, y: the indices of the two.
    """
    from paretocaps.pareto.dominance import rank

    pair = [(row[x], row[y]) for row in shown.values]
    best = sorted({pair[row] for row in rank(pair, (objectives[x], objectives[y]))})
    corners = best[:1]
    for (x1, y1), (x2, y2) in pairwise(best):
        # where x is minimized, only y1 is reached below x2; where it is maximized, y2 is, too
        corners += [(x2, y1) if objectives[x].direction == "minimize" else (x1, y2), (x2, y2)]
    return corners


def thinned(count: int, limit: int, values: Sequence[float]) -> list[int]:
    """Return at most `limit` indices of `count` values that keep every bucket's lowest and highest.

    The first and the last are among them, so that a line through them keeps its shape and ends.
    """
    if count <= limit:
        return list(range(count))
    buckets = max((limit - 2) // 2, 1)
    kept = {0, count - 1}
    for bucket in range(buckets):
        span = range(bucket * count // buckets, (bucket + 1) * count // buckets)
        kept |= {min(span, key=values.__getitem__), max(span, key=values.__getitem__)}
    return sorted(kept)


def evenly(count: int, limit: int) -> list[int]:
    """Return at most `limit` of the indices below `count`, evenly spaced, first and last included."""
    if count <= limit:
        return list(range(count))
    return sorted({round(i * (count - 1) / max(limit - 1, 1)) for i in range(limit)})


def _interval(member: FrontMember, objective: Objective) -> tuple[float, float]:
    found, value = member.estimate(objective.name), float(member.values[objective.name])
    return (value, value) if found.low is None or found.high is None else (found.low, found.high)


def _padded(values: Sequence[float], log: bool) -> tuple[float, float]:
    numbers = [math.log10(value) for value in values] if log else list(values)
    low, high = min(numbers), max(numbers)
    pad = _PADDING * (high - low) or 0.05 * abs(high) or 0.5
    return low - pad, high + pad


def plain(text: str) -> str:
    """Return a text as plotly shows it, without markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
