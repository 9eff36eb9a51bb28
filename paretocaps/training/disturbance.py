"""Finds out from a training's own steps whether it had its device to itself."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

LEAST_CPU_SHARE = 0.8
"""The least CPU time over wall time of the thread that takes the steps, on a CPU.

It was measured on two cores with no, one and two busy neighbours, at batch sizes 1 to 128: 0.94 to 0.99
alone, and 0.55 or less with a neighbour. The margin is for many cores: there the thread also sleeps at
barriers.
"""

WIDEST_SPREAD = 2.0
"""Nine steps in ten must take less than this many medians; a training alone was measured at 1.03 to 1.75."""

LEAST_SECONDS = 0.5
"""Trainings whose steps took less are not judged: a single interruption would decide."""

_FEWEST_LAPS = 20
_LEAST_SHARE = 0.1  # the least share of the training's time at which a phase's spread counts

Laps = tuple[NDArray[np.float64], float]
"""The seconds per step of a phase's laps, without warm-up, and the seconds of all these laps together."""


def disturbances(phases: Sequence[Laps], cpu: float | None = None) -> tuple[str, ...]:
    """Return why the times of a training are not those of an idle device, one sentence per reason.

    The result is empty where nothing disturbed the training, or its steps took less than half a second.

    Args:
        phases: the laps of each phase.
        cpu: CPU seconds of the thread that took the steps; None on a GPU, where they mean nothing.
    """
    wall = sum(seconds for _, seconds in phases)
    if wall < LEAST_SECONDS:
        return ()
    return (*([] if cpu is None else _waiting(wall, cpu)), *_spread(phases, wall))


def _waiting(wall: float, cpu: float) -> Iterator[str]:
    if cpu / wall < LEAST_CPU_SHARE:
        yield (
            f"the machine was busy with something else: training had the processor for {cpu / wall:.0%}"
            f" of its {wall:.3g} s"
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
