"""The frozen values that the store takes and returns; they know no SQL."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.estimate import Estimate, estimated
from paretocaps.domain.measurement import FIELDS, EpochRecord, Measurement
from paretocaps.domain.slot import Slot
from paretocaps.errors import DivergedError, UsageError
from paretocaps.host import host_name
from paretocaps.storage.folders import file_in

State = Literal["running", "finished", "failed", "interrupted", "stopped", "rejected"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True)
class StudyRecord:
    """A study as it is stored.

    Attributes:
        name: its name.
        created: when it was created.
        spec: the stored form of its spec.
        reference_point: one value per objective, in the objective's unit; None before it is fixed.
        facts: numbers that decide which choices are the same training (`Facts`); None where not recorded.
        without_effect: the choices that were taken out of its space when it was created.
        accelerator: the type of GPU that its jobs ask a cluster for; None if none of them did.
        content: what its data folder had (`FolderContent`); None for a data set of the catalog, and where an
            older version kept it with Optuna's study.
        slots: the slots of its CPU; None where none were stored, as by older versions and on a GPU.
        ideal_point: the best corner, as the reference point; None before it is fixed.
    """

    name: str
    created: datetime
    spec: Mapping[str, Any]
    reference_point: tuple[float, ...] | None
    facts: Mapping[str, int] | None = None
    without_effect: tuple[str, ...] = ()
    accelerator: str | None = None
    content: Mapping[str, Any] | None = None
    slots: tuple[Slot, ...] | None = None
    ideal_point: tuple[float, ...] | None = None


@dataclass(frozen=True)
class AttemptRecord:
    """One training of a trial.

    Attributes:
        key: the study, the trial, the seed and the number of the attempt.
        state: whether it runs, or how it ended.
        reason: why it failed or was stopped.
        measurement: what was measured; None unless it is finished, or stopped early, where it is that of the
            epochs so far.
        folder: where the worker writes its files; None where there is none on this machine.
        started, ended: when it did, in UTC.
        epochs: its epochs; they, and those of the measurement, are read only together with a single trial.
        may_pass: whether a failed one may succeed if it is tried again; None where that is not recorded.
        resumed_from: the attempt whose checkpoint it went on from.
        host: the machine that its folder was made on, if that is recorded.
        driver: the token of the driver that began it.
        replaced: whether a quieter training of the same seed counts in its place.
    """

    key: AttemptKey
    state: State
    reason: str | None
    measurement: Measurement | None
    folder: Path | None
    started: datetime
    ended: datetime | None
    epochs: tuple[EpochRecord, ...] = ()
    may_pass: bool | None = None
    resumed_from: int | None = None
    host: str | None = None
    driver: str | None = None
    replaced: bool = False

    @property
    def elsewhere(self) -> str | None:
        """The other machine that its files are on, if they are not on this one."""
        return self.host if self.folder is None and self.host != host_name() else None

    @property
    def weights(self) -> Path | None:
        """The file with the weights of the best epoch, if they were kept and are on this machine."""
        name = self.measurement.weights if self.measurement is not None else None
        path = file_in(self.folder, name)
        return path if path is not None and path.is_file() else None

    @property
    def weights_elsewhere(self) -> str | None:
        """The other machine that the weights were kept on, if they are not on this one."""
        kept = self.measurement is not None and self.measurement.weights is not None
        return self.host if kept and self.weights is None and self.host != host_name() else None


@dataclass(frozen=True)
class TrialRecord:
    """A trial with its attempts, ordered by seed and attempt."""

    number: int
    state: State
    choices: Mapping[str, Any]
    design: str | None
    reason: str | None
    created: datetime
    ended: datetime | None
    attempts: tuple[AttemptRecord, ...] = ()

    @property
    def measured(self) -> dict[int, AttemptRecord]:
        """The measured attempt of each seed that counts: the latest, or the quietest where it was redone."""
        return {
            one.key.seed: one for one in self.attempts if one.measurement is not None and not one.replaced
        }


@dataclass(frozen=True)
class EnsembleRecord:
    """An ensemble of a study's networks, as it was measured.

    Attributes:
        name: its name in the study.
        members: (trial, seed, attempt) of the trainings whose networks it has.
        acc, test_acc: the accuracies of the averaged scores on validation and test images.
        validation_images, test_images: the numbers of these images.
        time, params: the sums of the networks' training seconds and parameters.
    """

    name: str
    members: tuple[tuple[int, int, int], ...]
    acc: float
    test_acc: float
    validation_images: int
    test_images: int
    time: float
    params: int

    @property
    def estimates(self) -> dict[str, Estimate]:
        """The accuracies with their 95 % intervals, which cover how draws of images differ."""
        return {
            "acc": estimated(self.acc, 1, None, share=True, images=self.validation_images),
            "test_acc": estimated(self.test_acc, 1, None, share=True, images=self.test_images),
        }


@dataclass(frozen=True)
class KeptWeights:
    """The weights file of an attempt, and whether its trial is stopped early: it may then be continued."""

    key: AttemptKey
    path: Path
    stopped: bool = False


def canonical_json(values: Mapping[str, Any]) -> str:
    """Return `values` as JSON with sorted names and without spaces, so that equal values give equal text.

    Raises:
        UsageError: a value is not finite, or JSON cannot hold it.
    """
    return _json(values, by_name=True)


def as_stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` as JSON gives them back, with names in their order: that of a space steers sequences.

    Raises:
        UsageError: a value is not finite, or JSON cannot hold it.
    """
    stored: dict[str, Any] = json.loads(_json(values, by_name=False))
    return stored


def _json(values: Mapping[str, Any], *, by_name: bool) -> str:
    try:
        return json.dumps(
            dict(values), sort_keys=by_name, separators=(",", ":"), allow_nan=False, ensure_ascii=False
        )
    except (TypeError, ValueError) as error:
        raise UsageError(f"{dict(values)!r} cannot be stored as JSON: {error}") from None


def check_finite(measurement: Measurement) -> None:
    """Refuse a measurement with a NaN or infinite value, before any part of it is stored.

    Raises:
        DivergedError: a value is not finite; the message names the quantity, its value and its epoch.
    """
    values = {name: getattr(measurement, name) for name in FIELDS} | measurement.quantities
    values["calibration"] = measurement.device.calibration
    for name, value in values.items():
        _check(name, value)
    for record in measurement.epochs:
        for name, value in record:
            _check(name, value, f" of epoch {record.epoch}")


def _check(name: str, value: float | None, where: str = "") -> None:
    if value is not None and not math.isfinite(value):
        raise DivergedError(f"measured {name}{where} is {value}: the training diverged, nothing is stored")
