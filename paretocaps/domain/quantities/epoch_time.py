"""How long an epoch takes."""

from dataclasses import dataclass

from paretocaps.domain.measurement import Measurement
from paretocaps.domain.quantities.quantity import Quantity


@dataclass(frozen=True)
class EpochTime(Quantity):
    """Measured training seconds up to the best epoch over its number: the mean of these epochs."""

    kind = "epoch_time"
    example = "epoch_time"
    unit = "s"
    device_bound = True
    timed = True

    @property
    def description(self) -> str:
        """One line."""
        return "measured training seconds per epoch, the mean up to the best one"

    def of(self, measurement: Measurement) -> float:
        """Return the seconds per epoch."""
        return measurement.time / measurement.best_epoch
