"""Reads stored studies: their trials and history."""

from collections.abc import Sequence
from dataclasses import asdict
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.service.fronts import bounds, only_study
from paretocaps.service.opened import Storage, opened

if TYPE_CHECKING:
    from datetime import datetime

    from pandas import DataFrame

    from paretocaps.storage.records import AttemptRecord, TrialRecord
    from paretocaps.storage.store import Store


def load_trials(study: str | None = None, storage: str | PathLike[str] = DEFAULT_STORAGE) -> "DataFrame":
    """Return every trial of a stored study as a data frame: state, measured quantities, choices.

    A trial that was stopped early has the quantities of its epochs so far. Each quantity has its standard
    deviation and the ends of its 95 % interval over `n` seeds beside it (acc, acc_sd, acc_low, acc_high).
    `storage` is the path of an SQLite file, or a database URL.

    Example:
        ```python
        trials = paretocaps.load_trials("demo")
        trials[["trial", "state", "acc", "time"]]
        ```

    Raises:
        StorageError: there is no such database or study.
    """
    from paretocaps.report.trial_frame import trials_frame
    from paretocaps.storage.store import Store

    with Store.open(fspath(storage), create=False) as store:
        records, trials = _trials(store, only_study(store, study))
    return trials_frame(trials, [record.state for record in records], [record.reason for record in records])


def trials(study: str | None = None, storage: Storage = DEFAULT_STORAGE) -> list[dict[str, Any]]:
    """Return every trial of a stored study: its state, the reason for it, and the keys of a front's members.

    Raises:
        StorageError: there is no such database or study.
    """
    with opened(storage) as store:
        records, found = _trials(store, only_study(store, study))
    return [_row(record, trial) for record, trial in zip(records, found, strict=True)]


def trial(study: str, number: int, storage: Storage = DEFAULT_STORAGE) -> dict[str, Any]:
    """Return a trial of a stored study as `trials` does, with its times and its trainings by epoch.

    Raises:
        StorageError: there is no such database, study or trial.
    """
    from paretocaps.search.views import trials_of

    with opened(storage) as store:
        record = store.trial(study, number)
        found = trials_of(store, study, stopped=record.state == "stopped", numbers={number}).members
    return {
        **_row(record, found[0] if found else _unmeasured(record)),
        "created": _time(record.created),
        "ended": _time(record.ended),
        "trainings": [_training(one) for one in record.attempts],
    }


def _trials(store: "Store", study: str) -> "tuple[list[TrialRecord], list[FrontMember]]":
    """Return the trials of a study as they are stored, and with what was measured of each."""
    from paretocaps.search.views import trials_of

    ended = [*trials_of(store, study).members, *trials_of(store, study, stopped=True).members]
    measured = {member.trial: member for member in ended}
    records = store.trials(study, attempts=False)
    return records, [measured.get(record.number) or _unmeasured(record) for record in records]


def _unmeasured(record: "TrialRecord") -> FrontMember:
    return FrontMember(record.number, record.choices, {}, record.design, seeds=0)


def _row(record: "TrialRecord", trial: FrontMember) -> dict[str, Any]:
    return {"state": record.state, "reason": record.reason, **trial.as_dict()}


def _training(attempt: "AttemptRecord") -> dict[str, Any]:
    measured = attempt.measurement
    return {
        "seed": attempt.key.seed,
        "attempt": attempt.key.attempt,
        "state": attempt.state,
        "reason": attempt.reason,
        "started": _time(attempt.started),
        "ended": _time(attempt.ended),
        "device": None if measured is None else measured.device.name,
        "replaced": attempt.replaced,
        "weights": attempt.weights is not None,
        "epochs": [epoch.model_dump(mode="json", exclude_none=True) for epoch in attempt.epochs],
    }


def _time(moment: "datetime | None") -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def load_history(
    study: str | None = None,
    storage: str | PathLike[str] = DEFAULT_STORAGE,
    objectives: str | Sequence[str] | None = None,
    measured_on: str | None = None,
    scale_to: str | None = None,
    *,
    require: str | Sequence[str] | None = None,
    all: bool = False,
) -> "DataFrame":
    """Return the progress of a stored study as a data frame, a row per finished trial.

    Its columns are those of `HistoryStep`: `trials`, `trial`, `training_seconds`, and the `hypervolume` of
    the front so far, from 0 to 1. It begins with the trial that fixed the reference point, the eighth. The
    arguments and errors are those of `load_front`.

    Example:
        ```python
        paretocaps.load_history("demo")
        ```
    """
    from pandas import DataFrame

    view = objectives, measured_on, scale_to
    rows = history(study, fspath(storage), *view, require=require, all=all)
    return DataFrame(rows, columns=["trials", "trial", "training_seconds", "hypervolume"])


def history(
    study: str | None = None,
    storage: Storage = DEFAULT_STORAGE,
    objectives: str | Sequence[str] | None = None,
    measured_on: str | None = None,
    scale_to: str | None = None,
    *,
    require: str | Sequence[str] | None = None,
    all: bool = False,
) -> list[dict[str, Any]]:
    """Return the rows of `load_history`."""
    from paretocaps.search.study_history import history_of

    with opened(storage) as store:
        name = only_study(store, study)
        asked = parse_objectives(store.study(name).spec["objectives"] if objectives is None else objectives)
        view = measured_on, scale_to, bounds(require, all)
        return [asdict(step) for step in history_of(store, name, asked, *view)]


def finished_trials(study: str | None = None, storage: str = DEFAULT_STORAGE) -> tuple[FrontMember, ...]:
    """Return every finished trial of a stored study, on its front or not.

    Raises:
        StorageError: there is no such database or study.
    """
    from paretocaps.search.views import trials_of
    from paretocaps.storage.store import Store

    with Store.open(storage, create=False) as store:
        return trials_of(store, only_study(store, study)).members
