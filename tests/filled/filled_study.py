"""Fills studies of tests with many finished trials at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from paretocaps.domain.measurement import Measurement
from paretocaps.storage.attempts import attempt_row, insert_parts
from paretocaps.storage.changes import next_change
from paretocaps.storage.records import canonical_json
from paretocaps.storage.schema import ATTEMPTS, TRIALS, now
from paretocaps.storage.store import Store


@dataclass(frozen=True)
class FinishedTrial:
    """A finished trial, with its measurements by seed."""

    number: int
    choices: Mapping[str, Any]
    measurements: Mapping[int, Measurement]
    design: str | None = None


def fill_study(store: Store, study: str, trials: Sequence[FinishedTrial]) -> None:
    """Add all trials, each measurement as a finished first attempt.

    Optuna's tables and the events do not have them.
    """
    if trials:
        store._database.write(lambda connection: _fill(connection, study, trials))


def _fill(connection: Connection, study: str, trials: Sequence[FinishedTrial]) -> None:
    (key, change), moment = next_change(connection, study), now()
    state = {"study_id": key, "state": "finished", "created": moment, "ended": moment, "change": change}
    rows = [
        state | {"number": trial.number, "choices": canonical_json(trial.choices), "design": trial.design}
        for trial in trials
    ]
    connection.execute(insert(TRIALS), rows)
    _add_attempts(connection, key, trials)


def _add_attempts(connection: Connection, study: int, trials: Sequence[FinishedTrial]) -> None:
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
