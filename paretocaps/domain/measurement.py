"""The values that a trainer reports: a record after each epoch, and a measurement at the end."""

from collections.abc import Sequence
from typing import Annotated, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from paretocaps.domain.estimate import Images
from paretocaps.domain.tuning import Tuning
from paretocaps.errors import DivergedError

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Seconds = Annotated[float, Field(ge=0.0)]
Count = Annotated[int, Field(ge=1, lt=2**63)]
Amount = Annotated[int, Field(ge=0, lt=2**63)]
"""As large as a database can store."""
Class = Annotated[int, Field(ge=0, lt=2**31)]


class _Value(BaseModel):
    # NaN is written as a string, so that a diverged value survives JSON and can be refused by its name
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Device(_Value):
    """The device on which a measurement was taken.

    `shared` means that other jobs of the study ran on the device at the same time, `loaded` that the clock
    found the device disturbed by anything else. `taken` is the share of the training steps' seconds that was
    taken from them, in which their threads waited for a processor or the host of a virtual machine ran
    something else; None where nothing tells it. `calibration` is the time in seconds of a fixed reference
    step on the device, if that was measured.
    """

    name: str
    kind: str
    torch: str = ""
    threads: int | None = None
    shared: bool = False
    loaded: bool = False
    taken: Fraction | None = None
    calibration: Seconds | None = None

    @property
    def machine(self) -> str:
        """The device with its version of torch: times on another one do not compare."""
        return f"{self.name}, torch {self.torch or 'unknown'}"


class EpochRecord(_Value):
    """One epoch of a training: its step counts, accuracies and measured seconds.

    `epoch` counts from 1. `seconds` is the measured training time of this epoch: that of its optimiser steps,
    and of a frozen trunk's pass over the training images before it, if the features are kept. `time` is the
    same of all epochs up to and including it, and `wall` the time since the training began. `batch_size` is
    the number of images per forward pass (an optimiser step may take several passes), and `steps` the number
    of optimiser steps. `network` is the number of structural changes (prunings) before this epoch: epochs
    with the same number trained the same network. `train_loss` is the mean over the epoch's images during the
    epoch, including the reconstruction loss if there is one. `val_loss` is the mean over the validation
    images after the epoch, of the class scores alone. A trainer may omit both. `test_acc` is the test
    accuracy after the epoch, which only jobs for a table of trainings measure (`test_every_epoch`); a study
    that is told of an epoch is not told of it. `cpu_seconds` are the CPU seconds of the steps that `seconds`
    counts, of all threads; None where they are not known, as on a GPU and with several ranks.

    Example:
        ```python
        record = paretocaps.EpochRecord(epoch=1, acc=0.91, seconds=2.0, time=2.0, wall=3.5)
        record.model_dump()
        ```
    """

    epoch: Count
    steps: Amount = 0
    batch_size: Count = 1
    learning_rate: float = 0.0
    train_loss: float | None = None
    acc: Fraction
    seconds: Seconds
    time: Seconds
    wall: Seconds
    params: Amount = 0
    macs: Amount = 0
    network: Amount = 0
    val_loss: float | None = None
    test_acc: Fraction | None = None
    cpu_seconds: Seconds | None = None

    @property
    def told(self) -> "EpochRecord":
        """The record as a study is told of it: without the test accuracy, which steers nothing."""
        return self.model_copy(update={"test_acc": None})


class Predictions(_Value):
    """The predicted class of every validation image, by the network of the best epoch.

    Two trainings are compared image by image where they have predictions of the same images.

    Attributes:
        labels: the classes that the images have, in any order of the images.
        classes: the predicted classes, in the same order.
        images: a name of the images that differs for others with the same labels; a trainer may omit it.
    """

    labels: Annotated[tuple[Class, ...], Field(min_length=1)]
    classes: tuple[Class, ...]
    images: str = ""

    @model_validator(mode="after")
    def _one_each(self) -> Self:
        if len(self.labels) != len(self.classes):
            raise ValueError(f"{len(self.classes)} predictions do not fit {len(self.labels)} labels")
        return self

    @property
    def acc(self) -> float:
        """The share of right predictions."""
        right = sum(a == b for a, b in zip(self.labels, self.classes, strict=True))
        return right / len(self.labels)


class Measurement(_Value):
    """All measured values of one training; they all belong to one network.

    Attributes:
        acc: validation accuracy at the best epoch.
        best_epoch: the number of the best epoch, counted from 1.
        time: measured training seconds up to and including the best epoch.
        cpu_time: CPU seconds of the same steps as in `time`, of all threads and ranks; None where they were
            not measured, as on a GPU.
        wall: seconds of the whole training, evaluation and preparation included.
        params: parameters of the network of the best epoch.
        macs: forward multiply-adds per image of that network, if measured.
        memory: peak bytes during training, if measured.
        test_acc: test accuracy of the best epoch's weights, measured once; it never steers anything. None
            where the job leaves it to be judged later (`TrainingJob.test`).
        validation_images, test_images: the numbers of images that `acc` and `test_acc` are shares of; None
            where the trainer does not say, so that the accuracy of one seed has no interval.
        device: the device of all these values.
        epochs: one record per epoch, in order.
        quantities: other values that the trainer measures, by name; an objective can be registered for each.
        weights: file name of the best epoch's weights in the job's folder, if they were kept.
        predictions: the predicted classes behind `acc`; the store keeps them, but measurements that it reads
            have none. None where the trainer does not return them.
        collapsed: whether `acc` is no better than that of always answering the largest class; None where the
            trainer does not say.
        remarks: notes on how the values were obtained, one sentence each: why the device counts as loaded,
            what fell back to something slower, which batch size was halved.
        partial: whether `time` and `energy` lack a frozen trunk's pass over the training images, whose
            features were kept; they did in version 0.1.
        tunings: the ways in which the training steps were computed, by their keys (`domain.tuning`).
        retuned: whether some were computed by another tuning than the one that was kept for them.

    Example:
        ```python
        trial = paretocaps.load_front("demo")[0]
        trial.values["acc"]  # a view of the measurement that the trainer returned
        ```
    """

    acc: Fraction
    best_epoch: Count
    time: Seconds
    cpu_time: Seconds | None = None
    wall: Seconds
    params: Amount
    macs: Amount | None = None
    memory: Amount | None = None
    test_acc: Fraction | None = None
    validation_images: Count | None = None
    test_images: Count | None = None
    device: Device
    epochs: tuple[EpochRecord, ...] = ()
    quantities: dict[str, float] = {}
    weights: str | None = None
    predictions: Predictions | None = None
    collapsed: bool | None = None
    remarks: tuple[str, ...] = ()
    partial: bool = False
    tunings: dict[str, Tuning] = {}
    retuned: bool = False

    @model_validator(mode="after")
    def _epochs_in_order(self) -> Self:
        if any(a.epoch >= b.epoch for a, b in zip(self.epochs, self.epochs[1:], strict=False)):
            raise ValueError("epochs are not in increasing order")
        return self

    def images(self, part: Images) -> int | None:
        """Return how many images the accuracy on a part of the data is a share of; None if it is not known.

        A trainer that gives predictions need not count them.
        """
        if part == "validation" and self.validation_images is None and self.predictions is not None:
            return len(self.predictions.labels)
        known = {"validation": self.validation_images, "test": self.test_images}
        return known.get(part)

    def quantity(self, name: str) -> float | None:
        """Return the value measured as `name`, a field or one of `quantities`; None if there is none.

        For quantities that are computed from a measurement, such as `epoch_time`, use `quantities.value_of`.
        """
        value = getattr(self, name) if name in FIELDS else self.quantities.get(name)
        return None if value is None else float(value)


class JudgedTest(_Value):
    """The accuracy `acc` of a trained network on the test part, a share of so many `images`."""

    acc: Fraction
    images: Count


MEASURED = ("acc", "time", "wall", "params", "macs", "memory", "test_acc")
"""The quantities that are shown for every trial."""

SHARES: dict[str, Images] = {"acc": "validation", "test_acc": "test"}
"""The fields that are shares of images."""

CPU_TIME = "cpu_time"
"""The name of the quantity, in CPU seconds, that only trainings on CPUs have."""

FIELDS = (*MEASURED, "best_epoch", CPU_TIME)
"""The quantities that are fields of a measurement (and columns of the store)."""

IMAGES = ("validation_images", "test_images")
"""The fields with the numbers of images (and columns of the store)."""

ENERGY = "energy"
"""The name of the quantity, in joules, that only some devices can measure."""


class Epoch(Protocol):
    """What decides which epoch is the best one."""

    @property
    def epoch(self) -> int:
        """Its number, counted from 1."""

    @property
    def acc(self) -> float:
        """The validation accuracy after it."""

    @property
    def network(self) -> int:
        """The number of structural changes (prunings) before it."""


AnEpoch = TypeVar("AnEpoch", bound=Epoch)


def best_epoch(epochs: Sequence[AnEpoch]) -> AnEpoch:
    """Return the best epoch: the one with the highest accuracy after the last structural change.

    Ties go to the earliest epoch.

    Raises:
        DivergedError: there is no epoch.
    """
    if not epochs:
        raise DivergedError("the training ended before its first epoch was complete")
    last = epochs[-1].network
    candidates = [record for record in epochs if record.network == last]
    return max(candidates, key=lambda record: (record.acc, -record.epoch))
