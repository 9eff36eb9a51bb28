"""What a quantity is that follows from a stored training."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import ClassVar, Literal

from paretocaps.domain.measurement import Measurement

Direction = Literal["maximize", "minimize"]


@dataclass(frozen=True)
class Quantity(ABC):
    """A number that follows from what is stored of one training, so that any stored study is asked for it.

    A trial's value is the mean of the values of its trainings, and it has none where one of them has none.
    The parameters of a quantity are the fields of its frozen dataclass, each a number; a constructor
    raises ValueError for one that cannot be.

    Attributes:
        kind: the name under which it is registered.
        example: how it is written, with parameters that are typical.
        parameters: what the parameters are, to follow "write EXAMPLE, with ..."; empty for none.
        direction: "maximize" or "minimize".
        unit: SI unit, empty for a pure number.
        device_bound: whether values from different devices cannot be compared.
        timed: whether it is a time: sharing the device changes it, and a calibration scales it.
        reads_epochs: whether it follows from the epochs; it is then not asked of a training without any.
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
        """The quantity as it is stored and asked for: the same text for the same parameters."""
        given = ",".join(f"{field.name}={getattr(self, field.name):.12g}" for field in fields(self))
        return f"{self.kind}({given})" if given else self.kind

    @property
    @abstractmethod
    def description(self) -> str:
        """One line."""

    @abstractmethod
    def of(self, measurement: Measurement) -> float | None:
        """Return the value of one training, or None where it has none, such as an accuracy never reached."""
