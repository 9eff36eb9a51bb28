"""Imports many finished trials at once, from another database or any other source."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from paretocaps.domain.measurement import CPU_TIME, MEASURED
from paretocaps.errors import UsageError
from paretocaps.storage.attempts import attempt_row, insert_parts
from paretocaps.storage.changes import next_change
from paretocaps.storage.database import refusing_duplicates
from paretocaps.storage.events import Told, tell
from paretocaps.storage.records import ImportedTrial, canonical_json, check_finite
from paretocaps.storage.schema import ATTEMPTS, TRIALS, now


def import_trials(connection: Connection, study: str, trials: Sequence[ImportedTrial]) -> int:
    """Add all trials or none, each measurement as a finished first attempt; return how many trials.

    They are not added to Optuna's tables: fronts and reports include them, samplers do not know them.

    Raises:
        StorageError: there is no such study, or it already has a trial with one of the numbers.
        UsageError: a trial has no measurement, or choices that JSON cannot hold.
        DivergedError: a measured value is not finite.
    """
    (key, change), moment = next_change(connection, study), now()
    for trial in trials:
        if not trial.measurements:
            raise UsageError(f"trial {trial.number} has no measurement: only finished trials can be imported")
        for measurement in trial.measurements.values():
            check_finite(measurement)
    if not trials:
        return 0
    state = {"study_id": key, "state": "finished", "created": moment, "ended": moment, "change": change}
    rows = [
        state | {"number": trial.number, "choices": canonical_json(trial.choices), "design": trial.design}
        for trial in trials
    ]
    taken = f"study {study!r} already has a trial with one of these numbers: give them other numbers"
    with refusing_duplicates(taken):
        connection.execute(insert(TRIALS), rows)
    _import_attempts(connection, key, trials)
    tell(connection, study, [_told(trial) for trial in trials])
    return len(trials)


def _told(trial: ImportedTrial) -> Told:
    measured = trial.measurements.values()
    named = {name: [getattr(one, name) for one in measured] for name in (*MEASURED, CPU_TIME)}
    known = {name: [value for value in values if value is not None] for name, values in named.items()}
    means = {name: sum(values) / len(values) for name, values in known.items() if values}
    return Told("trial", {"trial": trial.number, "state": "finished", "values": means})


def _import_attempts(connection: Connection, study: int, trials: Sequence[ImportedTrial]) -> None:
    found = connection.execute(select(TRIALS.c.number, TRIALS.c.id).where(TRIALS.c.study_id == study))
    trial_keys = dict(iter(found))
    moment = now()
    measured = {
        (trial_keys[trial.number], seed): measurement
        for trial in trials
        for seed, measurement in trial.measurements.items()
    }
    own = {"attempt": 1, "started": moment, "ended": moment}
    rows = [
        attempt_row(measurement) | own | {"trial_id": trial, "seed": seed}
        for (trial, seed), measurement in measured.items()
    ]
    connection.execute(insert(ATTEMPTS), rows)
    query = select(ATTEMPTS.c.trial_id, ATTEMPTS.c.seed, ATTEMPTS.c.id).select_from(ATTEMPTS.join(TRIALS))
    keys = {
        (trial, seed): key
        for trial, seed, key in connection.execute(query.where(TRIALS.c.study_id == study))
        if (trial, seed) in measured
    }
    insert_parts(connection, {keys[place]: measurement for place, measurement in measured.items()})
