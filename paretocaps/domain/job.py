"""A job: choices, and everything else one call of a trainer needs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from paretocaps.domain.attempt_key import AttemptKey

OnPreparing = Callable[[str, int, int], None]
"""Told while images are prepared: what is done to them, to how many it is done, and to how many in all."""


Side = Annotated[int, Field(ge=1)]


class DataSpec(BaseModel):
    """Which images to train on.

    `name` is a data set of the catalog, or `path` a local folder (IDX, parquet, or a sub-folder of
    images a class); `limit_train` keeps that many training images, stratified, after the validation
    split was taken. `corrupt` says whether image files that cannot be read are refused or left out;
    `channels` converts all images to gray (1) or colour (3), None leaves them as they are. `size` gives
    decoded images a height and a width, None those of the data (the median where they differ).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str | None = "digits"
    path: str | None = None
    limit_train: Annotated[int, Field(ge=1)] | None = None
    corrupt: Literal["refuse", "skip"] = "refuse"
    channels: Literal[1, 3] | None = None
    size: tuple[Side, Side] | None = None

    def __str__(self) -> str:
        limit = f" ({self.limit_train} training images)" if self.limit_train else ""
        return f"{self.path or self.name}{limit}"


_IDENTITY = ("trainer", "choices", "seed", "data", "epochs")


class TrainingJob(BaseModel):
    """One training of one set of choices with one seed.

    Attributes:
        study, trial, attempt: which trial of which study this is, and which attempt with this seed, from 1.
        trainer: name of the trainer.
        choices: the choices, as the trainer's model reads them.
        seed: seeds initialisation, shuffling and augmentation.
        data: the images.
        epochs: how many epochs to train.
        device: "cpu", "cuda" or "cuda:0" ...; with several ranks on GPUs, one for each: "cuda:0,cuda:1".
        threads: CPU threads to use (each rank), or None for all.
        shared: whether other jobs run on the device at the same time.
        ranks: processes that train it together, each with its part of every batch.
        folder: where the worker leaves its measurement and weights.
        checkpoints: whether to leave a checkpoint in the folder after every epoch, and to go on from the
            one that is there.
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
    ranks: Annotated[int, Field(ge=1, le=256)] = 1
    folder: Path
    checkpoints: bool = False
    measure: tuple[str, ...] = ()

    @property
    def key(self) -> AttemptKey:
        """Which training of which study this is."""
        return AttemptKey(self.study, self.trial, self.seed, self.attempt)

    def differences(self, now: "TrainingJob") -> list[str]:
        """Return in what the job `now` would train something else than this one, "seed=0 (now 1)" each.

        Where it trains, how often it was tried and what is measured makes no difference.
        """
        return [
            text for name in _IDENTITY for text in _differing(name, getattr(self, name), getattr(now, name))
        ]


def _differing(name: str, then: Any, now: Any) -> Iterator[str]:
    if isinstance(then, BaseModel) and isinstance(now, BaseModel):
        then, now = then.model_dump(), now.model_dump()
    if isinstance(then, dict) and isinstance(now, dict):
        for key in {**then, **now}:
            yield from _differing(key, then.get(key), now.get(key))
    elif then != now:
        yield f"{name}={then!r} (now {now!r})"
