"""Reads stored trials as the frozen values of `records`."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.measurement import FIELDS, IMAGES, Device, EpochRecord, Measurement
from paretocaps.domain.tuning import Tuning
from paretocaps.storage.artifacts import artifacts_of
from paretocaps.storage.attempts import trial_id
from paretocaps.storage.folders import folder_here
from paretocaps.storage.predictions import Mistakes, unpacked
from paretocaps.storage.quietest import is_latest
from paretocaps.storage.records import STATES, AttemptRecord, State, TrialRecord
from paretocaps.storage.schema import ATTEMPTS, EPOCHS, PREDICTIONS, QUANTITIES, TRIALS
from paretocaps.storage.studies import study_id

Epochs = Mapping[int, tuple[EpochRecord, ...]]


def trials(
    connection: Connection, study: str, states: Collection[State] = STATES, *, attempts: bool = True
) -> list[TrialRecord]:
    """Return the study's trials in one of `states`, by number.

    With `attempts`, they have their attempts, but without epochs; `trial` reads these, too.

    Raises:
        StorageError: there is no such study.
    """
    scope = [TRIALS.c.study_id == study_id(connection, study), TRIALS.c.state.in_(states)]
    return _with_attempts(connection, study, scope, {}) if attempts else _trials(connection, scope, {})


def latest_trials(
    connection: Connection, study: str, states: Collection[State] = STATES, limit: int = 100, skip: int = 0
) -> list[TrialRecord]:
    """Return the trials with the highest numbers in one of `states`, highest first, without their attempts.

    Args:
        connection: a connection in any transaction.
        study: the study.
        states: the states.
        limit: how many at most.
        skip: how many of the highest to leave out.

    Raises:
        StorageError: there is no such study.
    """
    scope = TRIALS.c.study_id == study_id(connection, study), TRIALS.c.state.in_(states)
    query = select(TRIALS).where(*scope).order_by(TRIALS.c.number.desc()).limit(limit).offset(skip)
    return [_trial(row, ()) for row in connection.execute(query)]


def trial(connection: Connection, study: str, number: int) -> TrialRecord:
    """Return one trial with its attempts and their epochs.

    Raises:
        StorageError: there is no such study or trial.
    """
    scope = [TRIALS.c.id == trial_id(connection, study, number)]
    return _with_attempts(connection, study, scope, _epochs(connection, scope))[0]


def trials_by_number(connection: Connection, study: str, numbers: Collection[int]) -> dict[int, TrialRecord]:
    """Return the trials `numbers` with their attempts and their epochs, in one reading.

    Raises:
        StorageError: there is no such study.
    """
    scope = [TRIALS.c.study_id == study_id(connection, study), TRIALS.c.number.in_(numbers)]
    found = _with_attempts(connection, study, scope, _epochs(connection, scope))
    return {record.number: record for record in found}


def mistakes(connection: Connection, study: str, numbers: Collection[int]) -> dict[tuple[int, int], Mistakes]:
    """Return what trainings of the trials `numbers` predicted wrongly, by trial and seed.

    Of each seed it is the latest finished attempt. Trainings without predictions are left out: their trainer
    returned none, or an older version stored them.

    Raises:
        StorageError: there is no such study.
    """
    scope = TRIALS.c.study_id == study_id(connection, study), TRIALS.c.number.in_(numbers), is_latest()
    query = select(TRIALS.c.number, ATTEMPTS.c.seed, PREDICTIONS)
    rows = connection.execute(query.select_from(PREDICTIONS.join(ATTEMPTS).join(TRIALS)).where(*scope))
    return {(row.number, row.seed): unpacked(row) for row in rows}


def load_measurements(
    connection: Connection, scope: Iterable[ColumnElement[bool]], *, epochs: bool
) -> dict[int, Measurement]:
    """Return the measurements of finished attempts, by the attempts' keys.

    Args:
        connection: a connection in any transaction.
        scope: conditions on attempts and their trials; all attempts that meet them must be finished.
        epochs: whether to read the epochs, too.
    """
    extra = _extra(connection, scope)
    records = _epochs(connection, scope) if epochs else {}
    rows = connection.execute(select(ATTEMPTS).select_from(ATTEMPTS.join(TRIALS)).where(*scope))
    return {row.id: _measurement(row, extra.get(row.id, {}), records.get(row.id, ())) for row in rows}


def _extra(connection: Connection, scope: Iterable[ColumnElement[bool]]) -> dict[int, dict[str, float]]:
    query = select(QUANTITIES).select_from(QUANTITIES.join(ATTEMPTS).join(TRIALS)).where(*scope)
    extra: dict[int, dict[str, float]] = defaultdict(dict)
    for row in connection.execute(query):
        extra[row.attempt_id][row.name] = row.value
    return extra


def _epochs(connection: Connection, scope: Iterable[ColumnElement[bool]]) -> Epochs:
    query = select(EPOCHS).select_from(EPOCHS.join(ATTEMPTS).join(TRIALS)).where(*scope)
    records: dict[int, list[EpochRecord]] = defaultdict(list)
    for row in connection.execute(query.order_by(EPOCHS.c.epoch)):
        records[row.attempt_id].append(_epoch(row))
    return {attempt: tuple(own) for attempt, own in records.items()}


def _with_attempts(
    connection: Connection, study: str, scope: Iterable[ColumnElement[bool]], epochs: Epochs
) -> list[TrialRecord]:
    extra = _extra(connection, scope)
    attempts: dict[int, list[AttemptRecord]] = defaultdict(list)
    query = (
        select(ATTEMPTS, TRIALS.c.number, TRIALS.c.choices).select_from(ATTEMPTS.join(TRIALS)).where(*scope)
    )
    artifacts = artifacts_of(connection)
    for row in connection.execute(query.order_by(ATTEMPTS.c.seed, ATTEMPTS.c.attempt)):
        attempts[row.trial_id].append(
            AttemptRecord(
                key=AttemptKey(study, row.number, row.seed, row.attempt),
                state=row.state,
                reason=row.reason,
                measurement=_measurement(row, extra.get(row.id, {}), epochs.get(row.id, ()))
                if row.state in ("finished", "stopped")
                else None,
                folder=folder_here(artifacts, study, row),
                host=row.host,
                driver=row.driver,
                started=row.started,
                ended=row.ended,
                epochs=epochs.get(row.id, ()),
                may_pass=row.may_pass,
                resumed_from=row.resumed_from,
                replaced=bool(row.replaced),
            )
        )
    return _trials(connection, scope, attempts)


def _trials(
    connection: Connection,
    scope: Iterable[ColumnElement[bool]],
    attempts: Mapping[int, Sequence[AttemptRecord]],
) -> list[TrialRecord]:
    rows = connection.execute(select(TRIALS).where(*scope).order_by(TRIALS.c.number))
    return [_trial(row, tuple(attempts.get(row.id, ()))) for row in rows]


def _trial(row: Row[Any], attempts: tuple[AttemptRecord, ...]) -> TrialRecord:
    return TrialRecord(
        number=row.number,
        state=row.state,
        choices=json.loads(row.choices),
        design=row.design,
        reason=row.reason,
        created=row.created,
        ended=row.ended,
        attempts=attempts,
    )


def _measurement(row: Row[Any], extra: dict[str, float], epochs: tuple[EpochRecord, ...]) -> Measurement:
    device = Device(
        name=row.device_name,
        kind=row.device_kind,
        torch=row.torch,
        threads=row.threads,
        shared=row.shared,
        loaded=bool(row.loaded),  # NULL in rows of versions that did not measure it
        taken=row.taken,
        calibration=row.calibration,
    )
    own = {name: row._mapping[name] for name in (*FIELDS, *IMAGES, "weights", "collapsed")}
    remarks, tunings = tuple(row.remarks or ()), row.tunings or {}
    return Measurement(
        **own,
        device=device,
        epochs=epochs,
        quantities=extra,
        remarks=remarks,
        partial=bool(row.partial),
        retuned=bool(row.retuned),
        tunings={key: Tuning.model_validate(one) for key, one in tunings.items()},
    )


def _epoch(row: Row[Any]) -> EpochRecord:
    return EpochRecord(**{name: value for name, value in row._mapping.items() if name != "attempt_id"})
