"""Reads trials back as the values that the layers above know."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from paretocaps.domain.measurement import MEASURED, Device, EpochRecord, Measurement
from paretocaps.storage.attempts import trial_id
from paretocaps.storage.records import AttemptRecord, State, TrialRecord
from paretocaps.storage.schema import ATTEMPTS, EPOCHS, QUANTITIES, TRIALS
from paretocaps.storage.studies import study_id

Epochs = Mapping[int, tuple[EpochRecord, ...]]


def load_trials(
    connection: Connection, study: str, states: Collection[State], artifacts: Path
) -> list[TrialRecord]:
    """Return the study's trials that are in one of `states`, by number, with their attempts.

    The attempts come without epochs; `load_trial` has them.

    Args:
        connection: of any transaction.
        study: name of the study.
        states: the states of the trials to return.
        artifacts: the folder that the stored folders are relative to.

    Raises:
        StorageError: there is no such study.
    """
    scope = [TRIALS.c.study_id == study_id(connection, study), TRIALS.c.state.in_(states)]
    return _load(connection, scope, artifacts, {})


def load_trial(connection: Connection, study: str, number: int, artifacts: Path) -> TrialRecord:
    """Return one trial with its attempts and their epochs.

    Raises:
        StorageError: there is no such study or trial.
    """
    key = trial_id(connection, study, number)
    query = (
        select(EPOCHS)
        .select_from(EPOCHS.join(ATTEMPTS))
        .where(ATTEMPTS.c.trial_id == key)
        .order_by(EPOCHS.c.epoch)
    )
    epochs: dict[int, tuple[EpochRecord, ...]] = defaultdict(tuple)
    for row in connection.execute(query):
        epochs[row.attempt_id] += (_epoch(row),)
    return _load(connection, [TRIALS.c.id == key], artifacts, epochs)[0]


def _load(
    connection: Connection, scope: Iterable[ColumnElement[bool]], artifacts: Path, epochs: Epochs
) -> list[TrialRecord]:
    extra: dict[int, dict[str, float]] = defaultdict(dict)
    for row in connection.execute(
        select(QUANTITIES).select_from(QUANTITIES.join(ATTEMPTS).join(TRIALS)).where(*scope)
    ):
        extra[row.attempt_id][row.name] = row.value
    attempts: dict[int, list[AttemptRecord]] = defaultdict(list)
    order = ATTEMPTS.c.seed, ATTEMPTS.c.attempt
    for row in connection.execute(
        select(ATTEMPTS).select_from(ATTEMPTS.join(TRIALS)).where(*scope).order_by(*order)
    ):
        record = _attempt(row, extra.get(row.id, {}), epochs.get(row.id, ()), artifacts)
        attempts[row.trial_id].append(record)
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


def _attempt(
    row: Row[Any], extra: dict[str, float], epochs: tuple[EpochRecord, ...], artifacts: Path
) -> AttemptRecord:
    return AttemptRecord(
        seed=row.seed,
        attempt=row.attempt,
        state=row.state,
        reason=row.reason,
        measurement=_measurement(row, extra, epochs) if row.state == "finished" else None,
        folder=None if row.folder is None else artifacts / row.folder,
        started=row.started,
        ended=row.ended,
        epochs=epochs,
    )


def _measurement(row: Row[Any], extra: dict[str, float], epochs: tuple[EpochRecord, ...]) -> Measurement:
    device = Device(
        name=row.device_name,
        kind=row.device_kind,
        torch=row.torch,
        threads=row.threads,
        shared=row.shared,
        loaded=bool(row.loaded),  # NULL in rows from before it was looked for
        calibration=row.calibration,
    )
    own = {name: row._mapping[name] for name in (*MEASURED, "best_epoch", "weights")}
    remarks = tuple(row.remarks or ())
    return Measurement(**own, device=device, epochs=epochs, quantities=extra, remarks=remarks)


def _epoch(row: Row[Any]) -> EpochRecord:
    return EpochRecord(**{name: value for name, value in row._mapping.items() if name != "attempt_id"})
