"""Picks one trial of a stored study: by number, as a compromise, or as the best in an objective."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.domain.job import DataSpec
from paretocaps.domain.objective import OBJECTIVES
from paretocaps.domain.requirement import Requirement
from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec
from paretocaps.domain.tuning import Tunings
from paretocaps.errors import DataError, DevicesError, StorageError, UsageError
from paretocaps.service.fronts import bounds, front_of, only_study
from paretocaps.service.settings import whole

if TYPE_CHECKING:
    from paretocaps.domain.front_record import FrontMember
    from paretocaps.storage.records import AttemptRecord
    from paretocaps.storage.store import Store


TRAINED = ("finished", "stopped")
"""The states of trials that can be picked: something of them was measured."""


@dataclass(frozen=True)
class PickedTrial:
    """One trial of a study, finished or stopped early, and one of its trainings.

    Attributes:
        storage, study, trial: the database, the study and the trial's number.
        choices: the choices that were trained.
        design: the name of the trial's design, if it has one.
        trainer: name of the study's trainer.
        data: the images it was trained on.
        epochs: epochs per training of the study.
        ranks: on how many ranks a training was, as far as its choices do not say it.
        values: measured quantities by name, means over the seeds.
        seed: the seed of the one training that the following attributes belong to.
        acc, test_acc: its accuracies.
        weights: the file with its weights, or None if they were not kept, or not on this machine.
        host: the other machine that they were kept on.
        missing: whether they were kept on this machine, but their file is not there.
        tunings: those that the study keeps, by device and key.
    """

    storage: str
    study: str
    trial: int
    choices: Mapping[str, Any]
    design: str | None
    trainer: str
    data: DataSpec
    epochs: int
    values: Mapping[str, float]
    seed: int
    acc: float
    test_acc: float | None
    weights: Path | None
    host: str | None = None
    missing: bool = False
    tunings: Mapping[str, Tunings] = field(default_factory=dict)
    ranks: int = 1

    def kept_weights(self) -> Path:
        """Return the file with the weights.

        Raises:
            DataError: the weights were not kept, or are on another machine.
        """
        if self.weights is None and self.host is not None:
            raise DataError(
                f"the weights of trial {self.trial} of study {self.study!r} are on {on_another(self.host)}"
            )
        if self.weights is None:
            storage = "" if self.storage == DEFAULT_STORAGE else f" --storage {_quoted(self.storage)}"
            why = "has no weights: only those of a front's members are kept;"
            if self.missing:
                why = "has lost its weights file: put it back, run this in the study's working directory, or"
            raise DataError(
                f"trial {self.trial} of study {self.study!r} {why} train it again with"
                f" `paretocaps train --study {shlex.quote(self.study)} --trial {self.trial}{storage}`"
            )
        return self.weights


def pick_trial(
    storage: str = DEFAULT_STORAGE,
    study: str | None = None,
    trial: int | None = None,
    knee: bool = False,
    best: str | None = None,
    preferences: Mapping[str, float] | None = None,
    aim: str | None = None,
    require: str | Sequence[str] | None = None,
    seed: int | None = None,
    *,
    all: bool = False,
) -> PickedTrial:
    """Return one trial of a stored study, with its most accurate training whose weights are kept.

    Exactly one of `trial`, `knee`, `best`, `preferences` and `aim` must be given. Trainings whose weights are
    kept come first, then the highest validation accuracy, then the lowest seed.

    Args:
        storage: path of an SQLite file, or database URL.
        study: name of the study; it may be None if the storage has only one.
        trial: number of the trial, which need not be on the front, and may have been stopped early.
        knee: pick the best compromise of the front.
        best: a measured objective; pick the trial that is best in it: of the front, or of all trials if it
            is none of the study's objectives.
        preferences: how much each objective matters; pick the member of the front that is nearest to them.
        aim: levels to reach, such as "acc>=0.98,time<=60"; pick the member of the front nearest to them.
        require: bounds such as "acc>=0.9" that a picked trial must keep; they have no effect on `trial`.
            None means those of the study.
        seed: take the training with this seed instead.
        all: lift all bounds.

    Raises:
        StorageError: there is no such database, study, trial or seed, or nothing of the trial was measured.
        UsageError: there are no or several ways to pick, the objective was not measured, or was on several
            devices that do not compare, or there is no trial to pick from.
    """
    from paretocaps.storage.store import Store

    _check_one(trial, knee, best, preferences, aim)
    trial, seed = whole("trial", trial), whole("seed", seed)
    requirements = bounds(require, all)
    with Store.open(storage, create=False) as store:
        name = only_study(store, study)
        number = trial
        if number is None:
            number = _number(store, name, best, preferences, aim, requirements)
        return _picked(store, storage, name, number, seed)


def _check_one(
    trial: int | None,
    knee: bool,
    best: str | None,
    preferences: Mapping[str, float] | None,
    aim: str | None,
) -> None:
    given = [trial is not None, knee, best is not None, preferences is not None, aim is not None]
    if sum(given) != 1:
        how = "no way to pick a trial" if not any(given) else "several ways to pick a trial"
        raise UsageError(
            f"{how}: give one of --trial N, --knee, --best OBJECTIVE, --prefer A=W,... and --aim BOUNDS"
        )


def _number(store: "Store", name: str, *how: Any) -> int:
    try:
        return _member(store, name, *how).trial
    except DevicesError as error:
        raise UsageError(f"{error}; these are of `paretocaps front`, which shows the N for --trial") from None


def _member(
    store: "Store",
    study: str,
    best: str | None,
    preferences: Mapping[str, float] | None,
    aim: str | None,
    requirements: Sequence[Requirement] | None,
) -> "FrontMember":
    if best is not None:
        return _best(store, study, best, requirements)
    front = front_of(store, study, requirements=requirements)
    if aim is not None:
        return front.aim(aim)
    return front.pick(preferences) if preferences is not None else front.knee()


def _best(store: "Store", study: str, name: str, requirements: Sequence[Requirement] | None) -> "FrontMember":
    from paretocaps.search.device_times import comparable
    from paretocaps.search.views import trials_of

    objective = OBJECTIVES.get(name)
    front = front_of(store, study, requirements=requirements)
    members: Sequence[FrontMember] = front.members
    if objective not in front.objectives:
        asked = [objective, *(bound.objective for bound in front.requirements)]
        comparable(store.table(study, ()), asked)  # refuses seconds of several devices
        everyone = trials_of(store, study, asked).members
        members = [one for one in everyone if requirements == () or front.admits(one)]
    members = [member for member in members if objective.quantity in member.values]
    if not members:
        raise UsageError(f"study {study!r} has no finished trial within the bounds with {name!r} measured")
    return min(members, key=lambda m: (objective.sign * m.values[objective.quantity], m.trial))


def _picked(store: "Store", storage: str, study: str, number: int, seed: int | None) -> PickedTrial:
    spec = StudySpec.model_validate(store.study(study).spec)
    record = store.trial(study, number)
    finished = record.measured
    if record.state not in TRAINED or not finished:
        raise StorageError(f"trial {number} of study {study!r} is {record.state}: choose a finished one")
    if seed is not None and seed not in finished:
        seeds = ", ".join(map(str, finished))
        raise StorageError(f"trial {number} of study {study!r} has no seed {seed}: choose from {seeds}")
    trained = [attempt for own, attempt in finished.items() if seed in (None, own)]
    chosen = max(trained, key=_order)
    measured = chosen.measurement
    assert measured is not None
    return PickedTrial(
        storage=storage,
        study=study,
        trial=number,
        choices=record.choices,
        design=record.design,
        trainer=spec.trainer,
        data=spec.data_spec,
        epochs=spec.epochs,
        values=_means(trained),
        seed=chosen.key.seed,
        acc=measured.acc,
        test_acc=measured.test_acc,
        weights=chosen.weights,
        host=chosen.weights_elsewhere,
        missing=measured.weights is not None and chosen.weights is None,
        tunings=store.tunings(study),
        ranks=spec.ranks,
    )


def _order(attempt: "AttemptRecord") -> tuple[bool, float, int]:
    acc = attempt.measurement.acc if attempt.measurement is not None else 0.0
    return attempt.weights is not None, acc, -attempt.key.seed


def on_another(host: str) -> str:
    """Return where weights are, and the remedy, as it follows "are on"."""
    return (
        f"host {host}, not on this one: run this there, or run the study with --artifacts on shared storage"
    )


def _means(attempts: Sequence["AttemptRecord"]) -> dict[str, float]:
    """Return the means of the quantities that were measured in every attempt."""
    from paretocaps.domain.measurement import FIELDS

    found: dict[str, list[float]] = {}
    for attempt in attempts:
        if (one := attempt.measurement) is not None:
            for name in (*FIELDS, *one.quantities):
                if (value := one.quantity(name)) is not None:
                    found.setdefault(name, []).append(value)
    return {name: sum(values) / len(values) for name, values in found.items() if len(values) == len(attempts)}


def _quoted(storage: str) -> str:
    from paretocaps.storage.address import parse_url, safe

    return shlex.quote(safe(parse_url(storage)))
