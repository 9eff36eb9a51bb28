"""Quantities that follow from what is stored of every training, so that they are asked for afterwards."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from paretocaps.errors import UsageError

if TYPE_CHECKING:
    from paretocaps.domain.measurement import EpochRecord

EPOCH_TIME = "epoch_time"
"""Seconds up to the best epoch over its number: the mean of an epoch."""

ENERGY_ESTIMATE = "energy_estimate"

_WATTS = re.compile(rf"{ENERGY_ESTIMATE}\s*\(\s*watts\s*=\s*(\d*\.?\d+(?:[eE][-+]?\d+)?|\d+\.)\s*\)")
_FORM = re.compile(r"(time_to|epochs_to)\b(.*)", re.DOTALL)
_ARGUMENT = re.compile(r"\(\s*acc\s*=\s*(\d*\.?\d+(?:[eE][-+]?\d+)?|\d+\.)\s*\)")


@dataclass(frozen=True)
class ReachView:
    """When a training first reached a validation accuracy: its seconds (time_to) or epochs (epochs_to) then.

    The first epoch at or above the accuracy counts, whatever network it trained, with all training before
    it. A training that never reached it has no value.
    """

    kind: Literal["time_to", "epochs_to"]
    acc: float

    @property
    def name(self) -> str:
        """The view as it is asked for, the same for the same accuracy."""
        return f"{self.kind}(acc={self.acc:.12g})"

    def of(self, epochs: "Sequence[EpochRecord]") -> float | None:
        """Return the value of a training with these epochs, in order; None where it never got there."""
        for record in epochs:
            if record.acc >= self.acc:
                return float(record.time if self.kind == "time_to" else record.epoch)
        return None


@dataclass(frozen=True)
class EnergyEstimate:
    """Joules as somebody reckons them: training seconds up to the best epoch times `watts` that they name."""

    watts: float

    @property
    def name(self) -> str:
        """The estimate as it is asked for, the same for the same watts."""
        return f"{ENERGY_ESTIMATE}(watts={self.watts:.12g})"


View = ReachView | EnergyEstimate


def parse_view(name: str) -> View | None:
    """Return the view called `name`, such as "time_to(acc=0.99)"; None for any other quantity.

    Raises:
        UsageError: it is called like a view, but its accuracy is missing or not above 0 and at most 1, or
            its watts are not a number above 0.
    """
    if name.strip().startswith(ENERGY_ESTIMATE):
        return _estimate(name)
    found = _FORM.fullmatch(name.strip())
    if found is None:
        return None
    argument = _ARGUMENT.fullmatch(found[2].strip())
    if argument is None or not 0 < float(argument[1]) <= 1:
        raise UsageError(
            f"objective {name!r} is not understood: write {found[1]}(acc=0.99), with an accuracy above 0"
            " and at most 1"
        )
    return ReachView("time_to" if found[1] == "time_to" else "epochs_to", float(argument[1]))


def _estimate(name: str) -> EnergyEstimate:
    found = _WATTS.fullmatch(name.strip())
    if found is None or not 0 < float(found[1]) < float("inf"):
        raise UsageError(
            f"objective {name!r} is not understood: write {ENERGY_ESTIMATE}(watts=65), with the watts that"
            " the device draws in training"
        )
    return EnergyEstimate(float(found[1]))
