"""How the seconds of a training are spread over its epochs: those of a small batch take many times longer."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from paretocaps.domain.forecast import EpochForecast
from paretocaps.domain.nominal_seconds import nominal_seconds

_HELD = 0.1
"""How many epochs a prediction counts as, beside what was measured of a kind of epochs."""
_MEASURED = 0.5
"""How much of an epoch is measured before other trainings learn from it."""

Kind = tuple[int, float]
"""The steps of an epoch, and what it is predicted to take, in any unit."""
Learned = Mapping[int, float]
"""By the steps of an epoch: the seconds that it took, over those predicted."""


@dataclass
class EpochWeights:
    """Weighs the epochs of one training by the seconds that they take.

    Epochs of the same steps and work are of one kind and weigh alike. A kind that was measured weighs its
    seconds; one ahead weighs those of the kind before it, times what is predicted for the one over what is
    for the other: on a CPU by the work of a step, on a GPU, which small batches leave idle, by the steps
    alone. Epochs of which nothing is told all weigh the same.

    Args:
        epochs: what the trainer tells of all epochs; empty where it tells nothing.
        device: where it is trained, such as "cpu" or "cuda:0".
        learned: what an earlier training of the same study has shown.
    """

    epochs: Sequence[EpochForecast] = ()
    device: str = "cpu"
    learned: Learned = field(default_factory=dict)
    _kinds: tuple[Kind, ...] = field(init=False)
    _measured: dict[Kind, tuple[float, float]] = field(default_factory=dict)  # epochs and seconds

    def __post_init__(self) -> None:
        on_cpu = self.device.startswith("cpu")
        kinds = tuple((e.steps, nominal_seconds([e]) if on_cpu else float(e.steps)) for e in self.epochs)
        self._kinds = kinds if all(predicted > 0 for _, predicted in kinds) else ()

    def share(self, epoch: int, within: float, epochs: int) -> float:
        """Return the share of a training of so many epochs that is over after a share of `epoch` (from 1)."""
        if len(self._kinds) != epochs:
            return min(1.0, (epoch - 1 + within) / epochs)
        seconds = self._seconds()
        weights = [seconds[kind] for kind in self._kinds]
        done = sum(weights[: epoch - 1]) + within * sum(weights[epoch - 1 : epoch])
        return min(1.0, done / sum(weights))

    def note(self, epoch: int, share: float, seconds: float) -> None:
        """Take in the seconds of a share of `epoch`."""
        if epoch <= len(self._kinds):
            kind = self._kinds[epoch - 1]
            before = self._measured.get(kind, (0.0, 0.0))
            self._measured[kind] = before[0] + share, before[1] + seconds

    def forget(self) -> None:
        """Forget what was measured: it was not the seconds of epochs."""
        self._measured = {}

    @property
    def shown(self) -> Learned:
        """What it has shown to others of its study."""
        found = {kind: self._measured[kind] for kind in dict.fromkeys(self._kinds) if kind in self._measured}
        return {kind[0]: took / share / kind[1] for kind, (share, took) in found.items() if share > _MEASURED}

    def _seconds(self) -> Mapping[Kind, float]:
        """Return the seconds of each kind of epochs; in any unit before a step was measured."""
        found: dict[Kind, float] = {}
        scale = self._first_scale()
        for kind in dict.fromkeys(self._kinds):
            predicted = self._predicted(kind)
            share, took = self._measured.get(kind, (0.0, 0.0))
            found[kind] = (took + _HELD * scale * predicted) / (share + _HELD)
            scale = found[kind] / predicted
        return found

    def _first_scale(self) -> float:
        """Return the seconds over the prediction of the first kind that was measured."""
        for kind in dict.fromkeys(self._kinds):
            share, took = self._measured.get(kind, (0.0, 0.0))
            if share and took:
                return took / share / self._predicted(kind)
        return 1.0

    def _predicted(self, kind: Kind) -> float:
        steps, predicted = kind
        if not self.learned:
            return predicted
        nearest = min(self.learned, key=lambda known: abs(math.log(known / steps)))
        return predicted * self.learned[nearest]
