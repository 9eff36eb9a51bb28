"""Tells which other drivers are dead, without comparing the clocks of machines."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from paretocaps.storage.drivers import Sighting

_MOST = 2.0  # intervals that one gap between two own beats counts


@dataclass
class Silence:
    """Counts for how long each other driver has been silent, by this driver's own beats.

    Where this driver was itself held up, or could not reach the database, the others may have been so, too:
    a long gap between two of its beats counts as a short one.

    Args:
        interval: seconds between two beats.
        lease: seconds of silence after which a driver is dead.
    """

    interval: float
    lease: float
    _last: float = math.inf
    _heard: dict[str, tuple[int, float]] = field(default_factory=dict)

    def dead(self, others: Sequence[Sighting], now: float) -> list[Sighting]:
        """Return those that have been silent for a lease.

        Args:
            others: what a beat of this driver has just shown of the others.
            now: seconds of a clock that never goes back.
        """
        gap = max(0.0, min(now - self._last, _MOST * self.interval))
        self._last = now
        before, self._heard = self._heard, {}
        for other in others:
            beat, silent = before.get(other.token, (None, 0.0))
            self._heard[other.token] = other.beat, silent + gap if beat == other.beat else 0.0
        return [other for other in others if self._heard[other.token][1] >= self.lease]
