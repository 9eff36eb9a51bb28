"""Whether a training had its device to itself, told from its own steps."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

LEAST_CPU_SHARE = 0.85
"""CPU time over wall time of the thread that takes the steps, on a CPU.

Measured with one, two and no busy neighbours on two cores, at batch sizes 1 to 128: 0.94 to 0.99 alone, 0.55
or less beside one.
"""

WIDEST_SPREAD = 2.0
"""Nine steps in ten take less than this many medians; measured alone 1.03 to 1.75."""

_FEWEST_LAPS = 20
_LEAST_SHARE = 0.1  # of the training's time that a phase must be for its spread to count


def disturbances(
    phases: Sequence[NDArray[np.float64]], wall: float = 0.0, cpu: float = 0.0
) -> tuple[str, ...]:
    """Return why the times of a training are not those of an idle device, a sentence each; none if they are.

    Args:
        phases: for each phase the seconds a step of its laps, warm-up apart.
        wall: seconds of the laps of a training on a CPU; 0 elsewhere.
        cpu: seconds that the thread taking the steps was running meanwhile.
    """
    return (*_waiting(wall, cpu), *_spread(phases))


def _waiting(wall: float, cpu: float) -> Iterator[str]:
    if wall > 0.0 and cpu / wall < LEAST_CPU_SHARE:
        yield (
            f"the machine was busy with something else: training had the processor for {cpu / wall:.0%}"
            f" of its {wall:.3g} s"
        )


def _spread(phases: Sequence[NDArray[np.float64]]) -> Iterator[str]:
    total = sum(float(laps.sum()) for laps in phases)
    for laps in phases:
        if len(laps) < _FEWEST_LAPS or laps.sum() < _LEAST_SHARE * total:
            continue
        median, slow = np.percentile(laps, [50, 90])
        if slow > WIDEST_SPREAD * median:
            yield (
                f"step times spread widely: one in ten took over {slow:.3g} s,"
                f" {slow / median:.1f} times the median"
            )
            return
