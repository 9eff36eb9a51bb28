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


def parse_view(name: str) -> ReachView | None:
    """Return the view called `name`, such as "time_to(acc=0.99)"; None for any other quantity.

    Raises:
        UsageError: it is called like a view, but the accuracy is missing or not above 0 and at most 1.
    """
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
