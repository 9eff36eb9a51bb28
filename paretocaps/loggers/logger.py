"""What a logger is: it writes each training of a study as a run of an experiment tracker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self

from paretocaps.domain.ended_training import EndedTraining
from paretocaps.domain.measurement import FIELDS
from paretocaps.registry import Registry

_CURVES = ("acc", "train_loss", "val_loss", "learning_rate", "batch_size", "seconds")
"""The fields of an epoch that are curves, where they are known."""

Scalar = float | int | str | bool


@dataclass(frozen=True)
class Run:
    """One training of one seed of a trial, as it is logged.

    Attributes:
        study: name of the study.
        name: its name, the same for every logger: "trial-00007-seed-0", with "-attempt-2" of a later attempt.
        trial: name of its trial, "trial-00007", which runs of other seeds share.
        choices: the choices of the trial.
        tags: what it is: trial, seed, attempt, and where they are known design, device, flags and why it was
            stopped.
        curves: the values of each epoch by name, with its number, in order.
        values: the measured quantities by name, SI units.
        files: what is kept with it: its weights, while they are there.
        ended: when it was logged.
    """

    study: str
    name: str
    trial: str
    choices: Mapping[str, Scalar]
    tags: Mapping[str, str]
    curves: Sequence[tuple[int, Mapping[str, float]]]
    values: Mapping[str, float]
    files: Sequence[Path]
    ended: datetime

    @classmethod
    def of(cls, training: EndedTraining) -> Self:
        """Return the run of a training that has ended."""
        key, measured = training.key, training.measurement
        trial = f"trial-{key.trial:05d}"
        later = f"-attempt-{key.attempt}" if key.attempt > 1 else ""
        known = {name: measured.quantity(name) for name in (*FIELDS, *measured.quantities)}
        weights = training.folder / measured.weights if measured.weights else None
        return cls(
            study=key.study,
            name=f"{trial}-seed-{key.seed}{later}",
            trial=trial,
            choices={name: _scalar(value) for name, value in training.choices.items() if value is not None},
            tags=_tags(training),
            curves=[(epoch.epoch, _numbers(epoch, _CURVES)) for epoch in measured.epochs],
            values={name: value for name, value in known.items() if value is not None},
            files=[weights] if weights is not None and weights.is_file() else [],
            ended=datetime.now().astimezone(),
        )


class Logger(Protocol):
    """Writes runs to an experiment tracker; what it raises is told, and the study goes on."""

    def log(self, run: Run) -> None:
        """Write one run, whole."""

    def close(self) -> None:
        """Write what is not written yet; no run follows."""


class MakeLogger(Protocol):
    """Makes a logger; it imports the library of its tracker, so that a missing one is told at once."""

    def __call__(self, study: str, folder: Path) -> Logger:
        """Return a logger of a study.

        Args:
            study: name of the study.
            folder: where it writes, unless the tracker's own settings say otherwise; it makes the folder.

        Raises:
            ImportError: the library is not installed.
        """


LOGGERS: Registry[MakeLogger] = Registry(
    "logger",
    {
        "tensorboard": "paretocaps.loggers.tensorboard_logger:TensorBoardLogger",
        "wandb": "paretocaps.loggers.wandb_logger:WandbLogger",
        "mlflow": "paretocaps.loggers.mlflow_logger:MlflowLogger",
    },
    group="paretocaps.loggers",
)


def _tags(training: EndedTraining) -> dict[str, str]:
    key, measured = training.key, training.measurement
    flags = [name for name in ("collapsed", "partial", "retuned") if getattr(measured, name)]
    flags = [name for name in ("shared", "loaded") if getattr(measured.device, name)] + flags
    tags = {
        "study": key.study,
        "trial": str(key.trial),
        "seed": str(key.seed),
        "attempt": str(key.attempt),
        "design": training.design or "",
        "device": measured.device.name,
        "flags": ", ".join(flags),
        "stopped": training.stopped,
    }
    return {name: value for name, value in tags.items() if value}


def _numbers(record: object, names: Sequence[str]) -> dict[str, float]:
    values = {name: getattr(record, name) for name in names}
    return {name: float(value) for name, value in values.items() if value is not None}


def _scalar(value: object) -> Scalar:
    return value if isinstance(value, bool | int | float | str) else str(value)
