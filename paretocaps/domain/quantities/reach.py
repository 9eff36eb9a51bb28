"""The seconds or the epochs until a validation accuracy is first reached: a given one, or a design's best."""

import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from paretocaps.domain.mean_curve import mean_curve
from paretocaps.domain.measurement import EpochRecord, Measurement, best_epoch
from paretocaps.domain.quantities.quantity import Quantity

_ROUNDING = 1e-9
"""Mean accuracies that differ by less are equal: one image in a million would differ by more."""


@dataclass(frozen=True)
class _Reach(Quantity):
    """A value of the first epoch that reaches an accuracy.

    `acc` is the accuracy, or the name of a design of the study. With a number, each training has its value.
    With a design, the accuracy is that of its best epoch, and both it and the first epoch that reaches it are
    those of mean curves: a trial's curve is the mean over its seeds. Epochs before and after a pruning of the
    trial count alike. What never reached the accuracy has no value.
    """

    acc: float | str

    parameters = "with an accuracy above 0 and at most 1, or the name of a design of the study"
    reads_epochs = True
    designs = ("acc",)

    def __post_init__(self) -> None:
        if isinstance(self.acc, str):
            if not re.fullmatch(r"[A-Za-z_][\w.+-]*", self.acc):
                raise ValueError(f"acc={self.acc!r}")
        elif not 0 < self.acc <= 1:
            raise ValueError(f"acc={self.acc}")

    @property
    def _until(self) -> str:
        if isinstance(self.acc, str):
            return f"until the mean over the seeds first reaches the best validation accuracy of {self.acc}"
        return (
            f"until validation accuracy {self.acc:.12g} is first reached"
            " (any accuracy may be given, or the name of a design)"
        )

    def of(self, measurement: Measurement) -> float | None:
        """Return the value of the first epoch at the accuracy that was given, or None if there is none."""
        assert isinstance(self.acc, float)
        bound = self.acc
        first = next((record for record in measurement.epochs if record.acc >= bound), None)
        return None if first is None else self._at(first)

    def of_trial(
        self, trainings: Sequence[Measurement], reference: Sequence[Measurement]
    ) -> Sequence[float | None]:
        """Return each training's value at the first epoch whose mean reaches the best mean of `reference`."""
        curve, target = (mean_curve([one.epochs for one in group]) for group in (trainings, reference))
        if not target:
            return [None] * len(trainings)
        bound = best_epoch(target).acc - _ROUNDING
        first = next((epoch for epoch in curve if epoch.acc >= bound), None)
        return [None] * len(trainings) if first is None else [self._at(record) for record in first.records]

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
