"""The seconds or the epochs until a training first reaches a validation accuracy."""

from abc import abstractmethod
from dataclasses import dataclass

from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.domain.quantities.quantity import Quantity


@dataclass(frozen=True)
class _Reach(Quantity):
    """A value of the first epoch that reaches an accuracy.

    Epochs before and after a pruning count alike. A training that never reached the accuracy has no value.
    """

    acc: float

    parameters = "with an accuracy above 0 and at most 1"
    reads_epochs = True

    def __post_init__(self) -> None:
        if not 0 < self.acc <= 1:
            raise ValueError(f"acc={self.acc}")

    @property
    def _until(self) -> str:
        return f"until validation accuracy {self.acc:.12g} is first reached (any accuracy may be given)"

    def of(self, measurement: Measurement) -> float | None:
        """Return the value of the first such epoch, or None if there is none."""
        reached = (record for record in measurement.epochs if record.acc >= self.acc)
        first = next(reached, None)
        return None if first is None else self._at(first)

    @abstractmethod
    def _at(self, epoch: EpochRecord) -> float: ...


@dataclass(frozen=True)
class TimeTo(_Reach):
    """The measured training seconds until an accuracy is first reached."""

    kind = "time_to"
    example = "time_to(acc=0.99)"
    unit = "s"
    device_bound = True
    timed = True

    @property
    def description(self) -> str:
        """The meaning of the quantity, in one line."""
        return f"measured training seconds {self._until}"

    def _at(self, epoch: EpochRecord) -> float:
        return epoch.time


@dataclass(frozen=True)
class EpochsTo(_Reach):
    """The number of the epoch in which an accuracy is first reached."""

    kind = "epochs_to"
    example = "epochs_to(acc=0.99)"

    @property
    def description(self) -> str:
        """The meaning of the quantity, in one line."""
        return f"epochs {self._until}"

    def _at(self, epoch: EpochRecord) -> float:
        return float(epoch.epoch)
