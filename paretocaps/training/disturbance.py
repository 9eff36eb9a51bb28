"""Finds out whether a training had its device to itself, from its kernel's counters and its own steps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_TAKEN = 0.1
"""The most of a training's seconds that may be taken from it: a time is good to a tenth."""

LEAST_CPU_SHARE = 0.8
"""The least CPU time over wall time of the thread that takes the steps, where the kernel tells nothing else.

It is below `1 - MOST_TAKEN`, because with many threads the thread also sleeps until the others are done.
"""

WIDEST_SPREAD = 2.0
"""Nine steps in ten must take less than this many medians."""

LEAST_SECONDS = 0.5
"""Trainings whose steps took less are not judged: a single interruption would decide."""

_FEWEST_LAPS = 20
_LEAST_SHARE = 0.1  # the least share of the training's time at which a phase's spread counts

Laps = tuple[NDArray[np.float64], float]
"""The seconds per step of a phase's laps, without warm-up, and the seconds of all these laps together."""


@dataclass(frozen=True)
class Taken:
    """What was taken from the seconds of a training.

    Attributes:
        waited: the share in which a thread waited for a processor.
        stolen: the share in which the host of a virtual machine ran something else.
        told: whether the kernel tells them; else `waited` is what the thread that took the steps did not run.
    """

    waited: float
    stolen: float = 0.0
    told: bool = True

    @property
    def share(self) -> float:
        """The share of the seconds that was taken, 0 to 1."""
        return min(self.waited + self.stolen, 1.0)


def disturbances(phases: Sequence[Laps], taken: Taken | None = None) -> tuple[str, ...]:
    """Return why the times of a training are not those of an idle device, one sentence per reason.

    The result is empty where nothing disturbed the training, or its steps took less than half a second.

    Args:
        phases: the laps of each phase.
        taken: what was taken from them; None where nothing tells, as on a GPU.
    """
    wall = sum(seconds for _, seconds in phases)
    if wall < LEAST_SECONDS:
        return ()
    return (*([] if taken is None else _taken(wall, taken)), *_spread(phases, wall))


def _taken(wall: float, taken: Taken) -> Iterator[str]:
    if not taken.told:
        if 1 - taken.waited < LEAST_CPU_SHARE:
            yield (
                "the machine was busy with something else: training had the processor for"
                f" {1 - taken.waited:.0%} of its {wall:.3g} s"
            )
    elif taken.share > MOST_TAKEN:
        host = f", and the host of this virtual machine took {taken.stolen:.0%}"
        yield (
            "the machine was busy with something else: training waited for the processor for"
            f" {taken.waited:.0%} of its {wall:.3g} s{host if taken.stolen >= 0.005 else ''}"
        )


def _spread(phases: Sequence[Laps], wall: float) -> Iterator[str]:
    for laps, seconds in phases:
        if len(laps) < _FEWEST_LAPS or seconds < _LEAST_SHARE * wall:
            continue
        median, slow = np.percentile(laps, [50, 90])
        if slow > WIDEST_SPREAD * median:
            yield (
                f"step times spread widely: one in ten took over {slow:.3g} s,"
                f" {slow / median:.1f} times the median"
            )
            return
