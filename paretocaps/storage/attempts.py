"""Writes attempts to the database: their start, and their measurement or failure."""

import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    func,
    insert,
    select,
    update,
)

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.failure import Failure
from paretocaps.domain.measurement import FIELDS, IMAGES, EpochRecord, Measurement
from paretocaps.errors import StorageError
from paretocaps.host import host_name
from paretocaps.run_folder import RunFolder
from paretocaps.storage.artifacts import artifacts_of, attempt_name, new_folder
from paretocaps.storage.changes import next_change
from paretocaps.storage.drivers import driver_of
from paretocaps.storage.events import Told, tell
from paretocaps.storage.predictions import insert_predictions
from paretocaps.storage.quietest import keep_quietest
from paretocaps.storage.records import check_finite
from paretocaps.storage.schema import ATTEMPTS, EPOCHS, PREDICTIONS, QUANTITIES, TRIALS, now
from paretocaps.storage.studies import named, study_id
from paretocaps.storage.telling import tell_finished, unheard_of
from paretocaps.storage.tunings import keep_tunings, rows_of

_AWAY = timedelta(minutes=1)
"""How old a measurement's file is where nobody was there to store it."""
_BEGUN = timedelta(seconds=1)
"""How long an attempt has begun, at most, that only takes in a measurement."""


class _Found(NamedTuple):
    id: int
    state: str
    started: datetime
    ended: datetime | None
    folder: str | None
    trial: int
    trial_state: str


def trial_id(connection: Connection, study: str, number: int, *, lock: bool = False) -> int:
    """Return the key of a trial; with `lock`, a server locks its row until the transaction ends.

    Raises:
        StorageError: there is no such study or trial.
    """
    query = select(TRIALS.c.id).where(TRIALS.c.study_id == named(study), TRIALS.c.number == number)
    key: int | None = connection.scalar(query.with_for_update() if lock else query)
    if key is None:
        in_study = TRIALS.c.study_id == study_id(connection, study)
        last = connection.scalar(select(func.max(TRIALS.c.number)).where(in_study))
        known = "it has none yet" if last is None else f"the last one is {last}"
        raise StorageError(f"study {study!r} has no trial {number} ({known})")
    return key


def start_attempt(
    connection: Connection, study: str, number: int, seed: int, folder: Path | None = None
) -> AttemptKey:
    """Add the next attempt at a trial with `seed` as running, and return its key.

    Args:
        connection: a connection in a write transaction.
        study, number: the trial.
        seed: the seed of this training.
        folder: where the worker writes its files; None for a new folder in the artifact folder.

    Raises:
        StorageError: there is no such study or trial.
    """
    trial = trial_id(connection, study, number, lock=True)
    of_seed = ATTEMPTS.c.trial_id == trial, ATTEMPTS.c.seed == seed
    columns = ATTEMPTS.c.attempt, ATTEMPTS.c.state, ATTEMPTS.c.driver
    last = connection.execute(select(*columns).where(*of_seed).order_by(columns[0].desc()).limit(1)).first()
    driver = driver_of(connection)
    if last is not None and last.state == "running" and last.driver == driver is not None:
        return AttemptKey(study, number, seed, last.attempt)  # the answer to the first try was lost
    key = AttemptKey(study, number, seed, (last.attempt if last else 0) + 1)
    insert_attempt(connection, trial, key, folder)
    return key


def insert_attempt(connection: Connection, trial: int, key: AttemptKey, folder: Path | None = None) -> Path:
    """Add a running attempt at the trial whose row has the key `trial`; return its absolute folder."""
    artifacts = artifacts_of(connection)
    own = artifacts.stored(new_folder(artifacts.new / attempt_name(key)) if folder is None else folder)
    values = {"trial_id": trial, "seed": key.seed, "attempt": key.attempt, "folder": own}
    values |= {"driver": driver_of(connection), "host": host_name(), "started": now()}
    connection.execute(insert(ATTEMPTS).values(**values, state="running", shared=None))
    return artifacts.path(own)


def attempt_folder(connection: Connection, key: AttemptKey) -> Path:
    """Return the absolute folder for the files of an attempt.

    Raises:
        StorageError: there is no such study, trial or attempt.
    """
    folder: str | None = connection.scalar(select(ATTEMPTS.c.folder).where(is_attempt(key)))
    if folder is None:
        find_attempt(connection, key)
    artifacts = artifacts_of(connection)
    return artifacts.new / attempt_name(key) if folder is None else artifacts.path(folder)


def last_folder(connection: Connection, study: str) -> Path | None:
    """Return the absolute folder of the attempt of a study that was started last; None without attempts.

    Raises:
        StorageError: there is no such study.
    """
    own = TRIALS.c.study_id == study_id(connection, study), ATTEMPTS.c.folder.is_not(None)
    query = select(ATTEMPTS.c.folder).select_from(ATTEMPTS.join(TRIALS)).where(*own)
    folder: str | None = connection.scalar(query.order_by(ATTEMPTS.c.id.desc()).limit(1))
    return None if folder is None else artifacts_of(connection).path(folder)


def known_folders(connection: Connection, study: str) -> set[Path]:
    """Return the absolute folders of all attempts of a study.

    Raises:
        StorageError: there is no such study.
    """
    own = TRIALS.c.study_id == study_id(connection, study), ATTEMPTS.c.folder.is_not(None)
    query = select(ATTEMPTS.c.folder).select_from(ATTEMPTS.join(TRIALS)).where(*own)
    artifacts = artifacts_of(connection)
    return {artifacts.path(folder) for folder in connection.scalars(query)}


def all_folders(connection: Connection) -> set[Path]:
    """Return the absolute folders of all attempts of all studies, but for those that may not be used."""
    found, artifacts = set[Path](), artifacts_of(connection)
    for folder in connection.scalars(select(ATTEMPTS.c.folder).where(ATTEMPTS.c.folder.is_not(None))):
        with suppress(StorageError):
            found.add(artifacts.path(folder))
    return found


def finish_attempt(
    connection: Connection, key: AttemptKey, measurement: Measurement, *, last: bool = False
) -> None:
    """Store the whole measurement of an attempt, even if the attempt failed before.

    With `last`, it is the last one that its trial waited for, and the trial is finished with it. Storing the
    same measurement again changes nothing. Its epochs replace those that were recorded during the training;
    if it has none, the recorded ones stay. Of a seed that was measured before, the quieter training counts.

    Raises:
        StorageError: there is no such attempt.
        DivergedError: a value of the measurement is not finite; nothing is stored.
    """
    check_finite(measurement)
    row = find_attempt(connection, key)
    ended = row.ended if row.state == "finished" else _measured_at(connection, row)
    own = {"ended": ended, "reason": None, "may_pass": None}
    told = write_measured(connection, key, row, measurement, own)
    keep_quietest(connection, row.trial, key.seed)
    if last or row.trial_state == "finished":  # whose values change
        end_trial(connection, key.study, row.trial)
        if not (row.state == row.trial_state == "finished"):
            tell_finished(connection, key.study, row.trial, key.trial, told)
            return
    tell(connection, key.study, told)


def write_measured(
    connection: Connection, key: AttemptKey, row: _Found, measurement: Measurement, own: Mapping[str, Any]
) -> list[Told]:
    """Write a measurement to the row of an attempt, with the columns `own`, and its parts for earlier ones.

    Return what is to be told of its epochs.
    """
    kept = keep_tunings(connection, key.study, measurement.device.machine, measurement.tunings)
    values = attempt_row(measurement) | {"retuned": measurement.retuned or kept != measurement.tunings}
    if measurement.test_acc is None:  # it may have been judged since, which this measurement does not know
        del values["test_acc"], values["test_images"]
    connection.execute(update(ATTEMPTS).where(ATTEMPTS.c.id == row.id).values(**{**values, **own}))
    if row.state != "running":  # which has no parts but epochs
        for parts in (QUANTITIES, PREDICTIONS):
            connection.execute(delete(parts).where(parts.c.attempt_id == row.id))
    told = []
    if measurement.epochs:
        if row.state != "finished":
            told = unheard_of(connection, key, row.id, map(epoch_row, measurement.epochs))
        connection.execute(delete(EPOCHS).where(EPOCHS.c.attempt_id == row.id))
    insert_parts(connection, {row.id: measurement})
    return told


def _measured_at(connection: Connection, row: _Found) -> datetime:
    """Return when an attempt was measured: before now where its driver, or the database, was away.

    The file of the measurement tells when, by a clock that may be another one and coarse. So it counts
    only where it is old, or older than an attempt that has just begun, which takes in an earlier measurement.
    """
    moment = now()
    with suppress(OSError, StorageError, OverflowError, ValueError):
        file = RunFolder(artifacts_of(connection).path(row.folder or "")).measurement_file
        written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        if moment - written > _AWAY or (written < row.started and moment - row.started < _BEGUN):
            return max(row.started, written)
    return moment


def end_trial(connection: Connection, study: str, trial: int) -> None:
    """Set the trial whose row has the key `trial` to finished, or count that a finished one has changed."""
    _, change = next_change(connection, study)
    ended = case((TRIALS.c.state == "finished", TRIALS.c.ended), else_=now())
    values = {"state": "finished", "reason": None, "may_pass": None, "change": change}
    connection.execute(update(TRIALS).where(TRIALS.c.id == trial).values(**values, ended=ended))


def fail_attempt(connection: Connection, key: AttemptKey, failure: Failure) -> None:
    """Store that an attempt failed.

    Raises:
        StorageError: there is no such attempt, or it is finished.
    """
    row = find_attempt(connection, key)
    if row.state == "finished":
        raise StorageError(f"{key} is already finished")
    values = {"state": "failed", "reason": failure.reason, "may_pass": failure.may_pass, "ended": now()}
    connection.execute(update(ATTEMPTS).where(ATTEMPTS.c.id == row.id).values(**values))


def attempt_row(measurement: Measurement) -> dict[str, Any]:
    """Return the columns of a finished attempt that come from its measurement."""
    device = measurement.device
    own = {name: getattr(measurement, name) for name in (*FIELDS, *IMAGES, "weights", "collapsed")}
    return own | {
        "state": "finished",
        "device_name": device.name,
        "device_kind": device.kind,
        "torch": device.torch,
        "threads": device.threads,
        "shared": device.shared,
        "loaded": device.loaded,
        "taken": device.taken,
        "calibration": device.calibration,
        "partial": measurement.partial,
        "tunings": rows_of(measurement.tunings),
        "retuned": measurement.retuned,
        "remarks": list(measurement.remarks) or None,
        "validation_images": measurement.images("validation"),
    }


def epoch_row(record: EpochRecord) -> dict[str, Any]:
    """Return the columns of an epoch; a loss that is not finite is None."""
    row = record.model_dump()
    for name in ("train_loss", "val_loss"):
        if row[name] is not None and not math.isfinite(row[name]):
            row[name] = None
    return row


def insert_parts(connection: Connection, measurements: Mapping[int, Measurement]) -> None:
    """Insert the epochs, extra quantities and predictions of measurements, by attempt key."""
    epochs = [
        {"attempt_id": key, **epoch_row(record)}
        for key, measurement in measurements.items()
        for record in measurement.epochs
    ]
    quantities = [
        {"attempt_id": key, "name": name, "value": value}
        for key, measurement in measurements.items()
        for name, value in measurement.quantities.items()
    ]
    if epochs:
        connection.execute(insert(EPOCHS), epochs)
    if quantities:
        connection.execute(insert(QUANTITIES), quantities)
    insert_predictions(
        connection, {key: one.predictions for key, one in measurements.items() if one.predictions}
    )


def is_attempt(key: AttemptKey) -> ColumnElement[bool]:
    """Return the condition that a row is the attempt with that key; no row is if it does not exist."""
    trial = select(TRIALS.c.id).where(TRIALS.c.study_id == named(key.study), TRIALS.c.number == key.trial)
    same = ATTEMPTS.c.seed == key.seed, ATTEMPTS.c.attempt == key.attempt
    return and_(ATTEMPTS.c.trial_id == trial.scalar_subquery(), *same)


def find_attempt(connection: Connection, key: AttemptKey) -> _Found:
    """Return the row of an attempt.

    Raises:
        StorageError: there is no such study, trial or attempt.
    """
    own = ATTEMPTS.c
    query = select(own.id, own.state, own.started, own.ended, own.folder, TRIALS.c.id, TRIALS.c.state)
    query = query.select_from(ATTEMPTS.join(TRIALS)).where(is_attempt(key))
    row = connection.execute(query).one_or_none()
    if row is None:
        trial_id(connection, key.study, key.trial)
        raise StorageError(f"there is no {key}")
    return _Found(*row)
