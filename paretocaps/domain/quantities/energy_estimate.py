"""Energy as somebody estimates it who knows what the device draws."""

from dataclasses import dataclass
from math import isfinite

from paretocaps.domain.measurement import Measurement
from paretocaps.domain.quantities.quantity import Quantity


@dataclass(frozen=True)
class EnergyEstimate(Quantity):
    """Training seconds up to the best epoch times the watts that were named, in joules."""

    watts: float

    kind = "energy_estimate"
    example = "energy_estimate(watts=100)"
    parameters = "with the watts that the device draws in training"
    unit = "J"
    device_bound = True
    timed = True

    def __post_init__(self) -> None:
        if not (self.watts > 0 and isfinite(self.watts)):
            raise ValueError(f"watts={self.watts}")

    @property
    def description(self) -> str:
        """One line."""
        return (
            f"an estimate, not measured: {self.watts:.12g} W times the training seconds up to the best epoch"
        )

    def of(self, measurement: Measurement) -> float:
        """Return the joules."""
        return measurement.time * self.watts
