"""A job: choices, and everything else one call of a trainer needs."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

OnPreparing = Callable[[str, int, int], None]
"""Told while images are prepared: what is done to them, to how many it is done, and to how many in all."""


class DataSpec(BaseModel):
    """Which images to train on.

    `name` is a data set of the catalog, or `path` a local folder (IDX, parquet, or a sub-folder of
    images a class); `limit_train` keeps that many training images, stratified, after the validation
    split was taken. `corrupt` says whether image files that cannot be read are refused or left out;
    `channels` converts all images to gray (1) or colour (3), None leaves them as they are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str | None = "digits"
    path: str | None = None
    limit_train: Annotated[int, Field(ge=1)] | None = None
    corrupt: Literal["refuse", "skip"] = "refuse"
    channels: Literal[1, 3] | None = None

    def __str__(self) -> str:
        limit = f" ({self.limit_train} training images)" if self.limit_train else ""
        return f"{self.path or self.name}{limit}"


class TrainingJob(BaseModel):
    """One training of one set of choices with one seed.

    Attributes:
        study, trial, attempt: which trial of which study this is, and its how-manieth try.
        trainer: name of the trainer.
        choices: the choices, as the trainer's model reads them.
        seed: seeds initialisation, shuffling and augmentation.
        data: the images.
        epochs: how many epochs to train.
        device: "cpu", "cuda" or "cuda:0" ...
        threads: CPU threads to use, or None for all.
        shared: whether other jobs run on the device at the same time.
        folder: where the worker leaves its measurement and weights.
        measure: the quantities the study's objectives need, for what is costly to measure.
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
    shared: bool = False
    folder: Path
    measure: tuple[str, ...] = ()
