"""Whether a training had its device to itself, told from its own steps."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

LEAST_CPU_SHARE = 0.8
"""CPU time over wall time of the thread that takes the steps, on a CPU.

Measured with one, two and no busy neighbours on two cores, at batch sizes 1 to 128: 0.94 to 0.99 alone, 0.55
or less beside one. With many cores this thread also sleeps at barriers, hence the room.
"""

WIDEST_SPREAD = 2.0
"""Nine steps in ten take less than this many medians; measured alone 1.03 to 1.75."""

LEAST_SECONDS = 0.5
"""Of steps; in less one single interruption would decide."""

_FEWEST_LAPS = 20
_LEAST_SHARE = 0.1  # of the training's time that a phase must be for its spread to count

Laps = tuple[NDArray[np.float64], float]
"""The seconds a step of a phase's laps, warm-up apart, and the seconds of all of them."""


def disturbances(phases: Sequence[Laps], cpu: float | None = None) -> tuple[str, ...]:
    """Return why the times of a training are not those of an idle device, a sentence each; none if they are.

    Trainings of less than half a second of steps are not judged.

    Args:
        phases: the laps of each phase.
        cpu: seconds that the thread taking the steps was running meanwhile; None on a GPU, where that
            says nothing.
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
