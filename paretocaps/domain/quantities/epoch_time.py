"""The mean training time per epoch."""

from dataclasses import dataclass

from paretocaps.domain.measurement import Measurement
from paretocaps.domain.quantities.quantity import Quantity


@dataclass(frozen=True)
class EpochTime(Quantity):
    """The measured training seconds up to the best epoch, divided by its number: the mean per epoch."""

    kind = "epoch_time"
    example = "epoch_time"
    unit = "s"
    device_bound = True
    timed = True

    @property
    def description(self) -> str:
        """The meaning of the quantity, in one line."""
        return "mean measured training seconds per epoch, up to the best epoch"

    def of(self, measurement: Measurement) -> float:
        """Return the seconds per epoch."""
        return measurement.time / measurement.best_epoch
