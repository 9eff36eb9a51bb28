"""An estimate of the training energy, from a power that the user gives."""

from dataclasses import dataclass
from math import isfinite

from paretocaps.domain.measurement import Measurement
from paretocaps.domain.quantities.quantity import Quantity


@dataclass(frozen=True)
class EnergyEstimate(Quantity):
    """The training seconds up to the best epoch times a given power in watts; in joules."""

    watts: float

    kind = "energy_estimate"
    example = "energy_estimate(watts=100)"
    parameters = "with the watts that the device draws during training"
    unit = "J"
    device_bound = True
    timed = True

    def __post_init__(self) -> None:
        if not (self.watts > 0 and isfinite(self.watts)):
            raise ValueError(f"watts={self.watts}")

    @property
    def description(self) -> str:
        """The meaning of the quantity, in one line."""
        return (
            f"an estimate, not measured: {self.watts:.12g} W times the training seconds up to the best epoch"
        )

    def of(self, measurement: Measurement) -> float:
        """Return the joules."""
        return measurement.time * self.watts
