"""A job consists of choices and everything else that one call of a trainer needs."""

import operator
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.duration import Duration
from paretocaps.domain.layout import Layout, Parts
from paretocaps.domain.tuning import Tuning

Side = Annotated[int, Field(ge=1)]

Levels = tuple[float, float]
"""The values of gray pixels of more than 8 bits that are read as 0 and as 255."""


class DataSpec(BaseModel):
    """The images to train on.

    They are the data set `name` of the catalog, or the local folder `path` (of IDX files, parquet files, or
    one sub-folder of images per class). `limit_train` keeps that many training images, stratified and at
    least one per class, after the validation split. `limit_validation` keeps that many validation images in
    the same way, or "proportional" the share of them that `limit_train` is of the others; None keeps all.
    `corrupt` determines whether image files that cannot be
    read are refused or left out. `channels` converts all images to grayscale (1) or colour (3); None keeps
    them as they are. `size` is the height and width of decoded images; None keeps the data's own (the median
    if they differ). `levels` are the values that grays of more than 8 bits are scaled from; None takes the
    lowest and the highest value of the training part. `parts`, `classes_are_folders` and `transpose` are the
    `layout`. With `pairs`, each image lies over another one of another class, and the label is their pair
    (see `data.pairs`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str | None = "digits"
    path: str | None = None
    limit_train: Annotated[int, Field(ge=1)] | None = None
    limit_validation: Annotated[int, Field(ge=1)] | Literal["proportional"] | None = None
    corrupt: Literal["refuse", "skip"] = "refuse"
    channels: Literal[1, 3] | None = None
    size: tuple[Side, Side] | None = None
    levels: Levels | None = None
    parts: Parts | None = None
    classes_are_folders: bool = False
    transpose: bool = False
    pairs: bool = Field(default=False, exclude_if=operator.not_)

    @model_validator(mode="after")
    def _of_one_source(self) -> Self:
        self.layout.check(of_folder=self.path is not None)
        return self

    @property
    def layout(self) -> Layout:
        """How the images are laid out, as far as the user says it."""
        return Layout(
            parts=self.parts, classes_are_folders=self.classes_are_folders, transpose=self.transpose
        )

    def __str__(self) -> str:
        limit = f" ({self.limit_train} training images)" if self.limit_train else ""
        return f"{'pairs of ' if self.pairs else ''}{self.path or self.name}{limit}"


class Origin(BaseModel):
    """The study that a training was made for, as it can be told without the database.

    Attributes:
        storage: the database, as `storage.address.place` names it.
        identity: a digest of the settings that may not change in the study.
        data: a digest of the content of its images and of how they are read; None where nothing is known.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    storage: str
    identity: str
    data: str | None = None

    def is_like(self, other: "Origin") -> bool:
        """Return whether trainings of the two studies compare, whatever database they are in."""
        return (self.identity, self.data) == (other.identity, other.data)


_IDENTITY = ("trainer", "choices", "seed", "data", "epochs")


class TrainingJob(BaseModel):
    """One training of one set of choices with one seed.

    Attributes:
        study, trial, attempt: the study, the trial, and the number of the attempt with this seed, from 1.
        trainer: name of the trainer.
        choices: the choices, as the trainer's model parses them.
        seed: the seed of initialisation, shuffling and augmentation.
        data: the images.
        epochs: how many epochs to train.
        device: "cpu", "cuda" or "cuda:0"; with several ranks on GPUs, one per rank: "cuda:0,cuda:1".
        threads: CPU threads to use per rank, or None for all.
        slot: how many cores its slot has, to which its process is pinned; None on a whole device.
        shared: whether other jobs run on the device at the same time.
        ranks: how many processes train it together, each with its part of every batch.
        folder: the folder to which the worker writes its measurement and weights.
        checkpoints: whether to write checkpoints to the folder, after every epoch and within a long one, and
            to resume from the last one.
        checkpoint_every: seconds within an epoch after which a checkpoint is written; None for the
            trainer's default.
        measure: the quantities that the study's objectives need, because some are costly to measure.
        test: whether `test_acc` is to be measured; a study has the test part judged for the members of its
            front alone, when it ends, by trainers that can do so (`TrainerSpec.judge`).
        keep_checkpoint: whether a checkpoint is written after the last epoch, too, from which a longer
            training may go on.
        continued_from: the epochs of a shorter training from whose last checkpoint it may go on, where that
            is in its folder; None for none.
        test_every_epoch: whether the test accuracy after every epoch is recorded, for a table of trainings.
        stall_timeout: the seconds of silence after which its executor ends it; None for the executor's own.
        trial_timeout: the seconds after which its executor ends it; None for no limit.
        exclusive: whether nothing else may train on its device meanwhile, because its times are compared.
        origin: the study that it belongs to; None for a training by itself.
        tunings: the tunings that its study keeps, by device (`Device.machine`) and key.
        tune: whether tunings that its study does not keep may be measured; if not, the defaults are taken.
        trainings: how many trainings its study shall have, by which a tuning pays for its measuring.

    Example:
        ```python
        job = paretocaps.TrainingJob(
            study="demo", trial=0, trainer="capsnet", choices={"blocks": 0}, seed=0, epochs=5,
            data={"name": "digits"}, folder="runs/demo",
        )
        job.model_dump_json()  # as a training's folder keeps it
        ```
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    study: str
    trial: Annotated[int, Field(ge=0)]
    attempt: Annotated[int, Field(ge=1)] = 1
    trainer: str
    choices: dict[str, Any]
    seed: int
    data: DataSpec
    epochs: Annotated[int, Field(ge=1)]
    device: str = "cpu"
    threads: Annotated[int, Field(ge=1)] | None = None
    slot: Annotated[int, Field(ge=1)] | None = None
    shared: bool = False
    ranks: Annotated[int, Field(ge=1, le=256)] = 1
    folder: Path
    checkpoints: bool = False
    checkpoint_every: Duration | None = None
    keep_checkpoint: bool = False
    continued_from: Annotated[int, Field(ge=1)] | None = None
    measure: tuple[str, ...] = ()
    test: bool = True
    test_every_epoch: bool = False
    stall_timeout: Duration | None = None
    trial_timeout: Duration | None = None
    exclusive: bool = False
    origin: Origin | None = None
    tunings: dict[str, dict[str, Tuning]] = {}
    tune: bool = True
    trainings: Annotated[int, Field(ge=1)] = 1

    @property
    def key(self) -> AttemptKey:
        """The key of this training."""
        return AttemptKey(self.study, self.trial, self.seed, self.attempt)

    def differences(self, now: "TrainingJob", *, same_images: bool = False) -> list[str]:
        """Return how the job `now` differs from this one in what it trains, such as "seed=0 (now 1)".

        The folder, the device, the attempt and what is measured are not compared, and with `same_images` not
        where the images lie either.
        """
        then = self
        if same_images:
            place = now.data.model_dump(include={"name", "path"})
            then = self.model_copy(update={"data": self.data.model_copy(update=place)})
        return [
            text for name in _IDENTITY for text in _differing(name, getattr(then, name), getattr(now, name))
        ]


def _differing(name: str, then: Any, now: Any) -> Iterator[str]:
    if isinstance(then, BaseModel) and isinstance(now, BaseModel):
        then, now = then.model_dump(), now.model_dump()
    if isinstance(then, dict) and isinstance(now, dict):
        for key in {**then, **now}:
            yield from _differing(key, then.get(key), now.get(key))
    elif then != now:
        yield f"{name}={then!r} (now {now!r})"
