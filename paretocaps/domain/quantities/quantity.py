"""The protocol of a quantity that is computed from a stored training."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import ClassVar, Literal

from paretocaps.domain.estimate import Images
from paretocaps.domain.measurement import Measurement

Direction = Literal["maximize", "minimize"]


@dataclass(frozen=True)
class Quantity(ABC):
    """A number that is computed from one stored training, so that every stored study has it.

    A trial's value is the mean of its trainings' values; if a training has none, neither has the trial.
    The parameters of a quantity are the fields of its frozen dataclass, each a number or, for those in
    `designs`, the name of a design; the constructor raises ValueError for a parameter that is not allowed.

    Attributes:
        kind: the name under which it is registered.
        example: how it is written, with typical parameters.
        parameters: text that explains the parameters, to follow "write EXAMPLE, "; empty for none.
        direction: "maximize" or "minimize".
        unit: SI unit, empty for a pure number.
        device_bound: whether values from different devices cannot be compared.
        timed: whether it is a time: sharing the device changes it, and a calibration scales it.
        reads_epochs: whether it is computed from the epochs, so that a training without epochs has no value.
        designs: the parameters that may be the name of a design of the study, with which a trial is compared.
        images: the images that it is a share of, "validation" or "test": one seed then has an interval.
        signed: whether it may be below zero; the interval of any other quantity is cut there.
    """

    kind: ClassVar[str]
    example: ClassVar[str]
    parameters: ClassVar[str] = ""
    direction: ClassVar[Direction] = "minimize"
    unit: ClassVar[str] = ""
    device_bound: ClassVar[bool] = False
    timed: ClassVar[bool] = False
    reads_epochs: ClassVar[bool] = False
    designs: ClassVar[tuple[str, ...]] = ()
    images: ClassVar[Images] = ""
    signed: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """The canonical name with parameters, which is the same text for the same parameters."""
        given = ",".join(f"{name}={_text(value)}" for name, value in self._parameters.items())
        return f"{self.kind}({given})" if given else self.kind

    @property
    def against(self) -> str | None:
        """The name of the design that a trial is compared with; None if a training has the value alone."""
        return next((value for value in self._parameters.values() if isinstance(value, str)), None)

    @property
    def _parameters(self) -> Mapping[str, float | str]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    @abstractmethod
    def description(self) -> str:
        """The meaning of the quantity, in one line."""

    @abstractmethod
    def of(self, measurement: Measurement) -> float | None:
        """Return the value of one training, or None if it has none (it never reached an accuracy, say)."""

    def of_trial(
        self, trainings: Sequence[Measurement], reference: Sequence[Measurement]
    ) -> Sequence[float | None]:
        """Return the values of a trial's trainings, compared with those of the design `against`.

        It is called where `against` is a name, and `of` where it is None.
        """
        raise NotImplementedError(f"{self.kind} compares no trials")


def _text(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.12g}"
