"""The protocol of a quantity that is computed from a stored training."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import ClassVar, Literal

from paretocaps.domain.measurement import Measurement

Direction = Literal["maximize", "minimize"]


@dataclass(frozen=True)
class Quantity(ABC):
    """A number that is computed from one stored training, so that every stored study has it.

    A trial's value is the mean of its trainings' values; if a training has none, neither has the trial.
    The parameters of a quantity are the fields of its frozen dataclass, each a number; the constructor raises
    ValueError for a parameter that is not allowed.

    Attributes:
        kind: the name under which it is registered.
        example: how it is written, with typical parameters.
        parameters: text that explains the parameters, to follow "write EXAMPLE, "; empty for none.
        direction: "maximize" or "minimize".
        unit: SI unit, empty for a pure number.
        device_bound: whether values from different devices cannot be compared.
        timed: whether it is a time: sharing the device changes it, and a calibration scales it.
        reads_epochs: whether it is computed from the epochs, so that a training without epochs has no value.
    """

    kind: ClassVar[str]
    example: ClassVar[str]
    parameters: ClassVar[str] = ""
    direction: ClassVar[Direction] = "minimize"
    unit: ClassVar[str] = ""
    device_bound: ClassVar[bool] = False
    timed: ClassVar[bool] = False
    reads_epochs: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """The canonical name with parameters, which is the same text for the same parameters."""
        given = ",".join(f"{field.name}={getattr(self, field.name):.12g}" for field in fields(self))
        return f"{self.kind}({given})" if given else self.kind

    @property
    @abstractmethod
    def description(self) -> str:
        """The meaning of the quantity, in one line."""

    @abstractmethod
    def of(self, measurement: Measurement) -> float | None:
        """Return the value of one training, or None if it has none (it never reached an accuracy, say)."""
