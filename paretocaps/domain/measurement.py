"""What a trainer reports: a record after each epoch, a measurement at the end."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from paretocaps.errors import DivergedError

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Seconds = Annotated[float, Field(ge=0.0)]


class _Value(BaseModel):
    # NaN as a string: what diverged has to survive JSON to be refused by name, and null is no number
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Device(_Value):
    """Where a measurement was taken.

    `shared` tells that other jobs of the study ran on the device meanwhile, `loaded` that the clock
    found the device disturbed by whatever else ran there; `calibration` is the seconds of a fixed
    reference step on it, where that was measured.
    """

    name: str
    kind: str
    torch: str = ""
    threads: int | None = None
    shared: bool = False
    loaded: bool = False
    calibration: Seconds | None = None


class EpochRecord(_Value):
    """One epoch of a training: its step counts, accuracies and measured seconds.

    `epoch` counts from 1. `seconds` are the measured training seconds of this epoch's optimiser
    steps, `time` the same up to and including it, `wall` all seconds since the training began.
    `batch_size` is the images of one forward pass, of which a step may take several; `steps` are the
    optimiser's. `network` counts the structural changes (prunings) before this epoch: epochs with the same
    number trained the same network. `train_loss` is the mean over the epoch's images, while it was trained
    and with reconstruction where there is one; `val_loss` the mean over the validation images after the
    epoch, of the class scores alone; each where a trainer reports it.
    """

    epoch: Annotated[int, Field(ge=1)]
    steps: Annotated[int, Field(ge=0)] = 0
    batch_size: Annotated[int, Field(ge=1)] = 1
    learning_rate: float = 0.0
    train_loss: float | None = None
    acc: Fraction
    seconds: Seconds
    time: Seconds
    wall: Seconds
    params: Annotated[int, Field(ge=0)] = 0
    macs: Annotated[int, Field(ge=0)] = 0
    network: Annotated[int, Field(ge=0)] = 0
    val_loss: float | None = None


class Measurement(_Value):
    """All that one training was measured to be; every value belongs to one network.

    Attributes:
        acc: validation accuracy at the best epoch.
        best_epoch: the epoch it belongs to, counted from 1.
        time: measured training seconds up to and including the best epoch.
        wall: seconds of the whole training, evaluation and preparation included.
        params: parameters of the network of the best epoch.
        macs: its forward multiply-adds a sample.
        memory: peak bytes while training, where measured.
        test_acc: test accuracy of the best epoch's weights, measured once; it never steers anything.
        device: where all this was measured.
        epochs: one record an epoch, in order.
        quantities: anything else a trainer measures, by name; an objective can be registered on it.
        weights: file name of the best epoch's weights inside the job's folder, where they were kept.
        remarks: what whoever reads the values should know of how they came about, a sentence each: why
            the device counts as loaded, what fell back to something slower, what was halved.
    """

    acc: Fraction
    best_epoch: Annotated[int, Field(ge=1)]
    time: Seconds
    wall: Seconds
    params: Annotated[int, Field(ge=0)]
    macs: Annotated[int, Field(ge=0)] | None = None
    memory: Annotated[int, Field(ge=0)] | None = None
    test_acc: Fraction | None = None
    device: Device
    epochs: tuple[EpochRecord, ...] = ()
    quantities: dict[str, float] = {}
    weights: str | None = None
    remarks: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _epochs_in_order(self) -> Self:
        if any(a.epoch >= b.epoch for a, b in zip(self.epochs, self.epochs[1:], strict=False)):
            raise ValueError("epochs are not in increasing order")
        return self

    def quantity(self, name: str) -> float | None:
        """Return what was measured under `name`, a field or one of `quantities`; None where nothing was.

        What follows from it, such as `epoch_time`, is asked of `quantities.value_of`.
        """
        value = getattr(self, name) if name in FIELDS else self.quantities.get(name)
        return None if value is None else float(value)


MEASURED = ("acc", "time", "wall", "params", "macs", "memory", "test_acc")
"""The quantities that are shown of every trial."""

FIELDS = (*MEASURED, "best_epoch")
"""The quantities that a measurement has as fields (and the store as columns)."""

ENERGY = "energy"
"""The quantity, in joules, that only some devices can measure."""


def best_epoch(epochs: Sequence[EpochRecord]) -> EpochRecord:
    """Return the best epoch: highest accuracy after the last structural change, earliest on ties.

    Raises:
        DivergedError: there is no epoch.
    """
    if not epochs:
        raise DivergedError("the training ended before its first epoch was complete")
    last = epochs[-1].network
    candidates = [record for record in epochs if record.network == last]
    return max(candidates, key=lambda record: (record.acc, -record.epoch))
