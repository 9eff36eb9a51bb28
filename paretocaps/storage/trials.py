"""Writes the start and the end of trials to the database, and counts trials."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from paretocaps.domain.failure import Failure
from paretocaps.errors import StorageError
from paretocaps.storage.attempts import end_trial, trial_id
from paretocaps.storage.changes import next_change
from paretocaps.storage.database import refusing_duplicates
from paretocaps.storage.drivers import driver_of
from paretocaps.storage.records import STATES, State, canonical_json
from paretocaps.storage.schema import ATTEMPTS, TRIALS, now
from paretocaps.storage.studies import named, study_id
from paretocaps.storage.telling import tell_finished, tell_trial


def start_trial(
    connection: Connection, study: str, number: int, choices: Mapping[str, Any], design: str | None = None
) -> None:
    """Add the running trial with Optuna's `number`, or set the same trial to running after an interruption.

    Raises:
        StorageError: there is no such study, or another trial has that number.
        UsageError: the choices cannot be stored as JSON.
    """
    text = canonical_json(choices)
    query = select(TRIALS.c.id, TRIALS.c.state, TRIALS.c.choices)
    same = TRIALS.c.study_id == named(study), TRIALS.c.number == number
    row = connection.execute(query.where(*same)).one_or_none()
    if row is None:
        key, change = next_change(connection, study)
        values = {"study_id": key, "number": number, "choices": text, "design": design, "change": change}
        values["driver"] = driver_of(connection)
        with refusing_duplicates(f"study {study!r} already has a trial {number}: use the next number"):
            connection.execute(insert(TRIALS).values(**values, state="running", created=now()))
        tell_trial(connection, study, number, "running", choices=dict(choices), design=design)
        return
    if row.state not in ("running", "interrupted") or row.choices != text:
        raise StorageError(f"study {study!r} already has a trial {number} ({row.state}): use the next number")
    _, change = next_change(connection, study)
    values = {"state": "running", "ended": None, "reason": None, "may_pass": None, "change": change}
    connection.execute(update(TRIALS).where(TRIALS.c.id == row.id).values(**values))
    if row.state == "interrupted":
        tell_trial(connection, study, number, "running", choices=dict(choices), design=design)


def finish_trial(connection: Connection, study: str, number: int) -> None:
    """Set a trial with a finished attempt to finished; further calls change nothing.

    Raises:
        StorageError: there is no such trial, or it has no finished attempt.
    """
    key = trial_id(connection, study, number)
    state = connection.scalar(select(TRIALS.c.state).where(TRIALS.c.id == key))
    finished = select(ATTEMPTS.c.id).where(ATTEMPTS.c.trial_id == key, ATTEMPTS.c.state == "finished")
    if connection.scalar(finished.limit(1)) is None:
        raise StorageError(
            f"trial {number} of study {study!r} has no finished attempt: it cannot be finished"
        )
    if state != "finished":
        end_trial(connection, study, key)
        tell_finished(connection, study, key, number)


def fail_trial(connection: Connection, study: str, number: int, failure: Failure) -> None:
    """Set a trial, and its attempts that are still running, to failed.

    Raises:
        StorageError: there is no such trial, or it is finished.
    """
    _end(connection, study, number, "failed", failure.reason, failure.may_pass)


def interrupt_trial(connection: Connection, study: str, number: int, reason: str | None = None) -> None:
    """Set a trial, and its attempts that are still running, to interrupted, so that any driver can resume it.

    Raises:
        StorageError: there is no such trial, or it is finished.
    """
    _end(connection, study, number, "interrupted", reason, None)


def interrupt_attempts(connection: Connection, study: str, number: int, reason: str | None = None) -> None:
    """Set the running attempts of a trial to interrupted; the trial keeps its state.

    Raises:
        StorageError: there is no such trial.
    """
    values = {"state": "interrupted", "reason": reason, "ended": now()}
    _end_attempts(connection, trial_id(connection, study, number), values)


def counts(connection: Connection, study: str) -> dict[State, int]:
    """Return the number of the study's trials in each state.

    Raises:
        StorageError: there is no such study.
    """
    own = TRIALS.c.study_id == named(study)
    query = select(TRIALS.c.state, func.count()).where(own).group_by(TRIALS.c.state)
    found: dict[str, int] = dict(iter(connection.execute(query)))
    if not found:
        study_id(connection, study)
    return {state: found.get(state, 0) for state in STATES}


def _end(
    connection: Connection, study: str, number: int, state: State, reason: str | None, may_pass: bool | None
) -> None:
    key = trial_id(connection, study, number)
    before = connection.scalar(select(TRIALS.c.state).where(TRIALS.c.id == key))
    if before == "finished":
        raise StorageError(f"trial {number} of study {study!r} is finished: it cannot become {state}")
    values = {"state": state, "reason": reason, "ended": now()}
    own: dict[str, Any] = {"may_pass": may_pass, "change": next_change(connection, study)[1]}
    if state == "interrupted":
        own["driver"] = None
    connection.execute(update(TRIALS).where(TRIALS.c.id == key).values(**values, **own))
    _end_attempts(connection, key, values)
    if before != state:
        tell_trial(connection, study, number, state, reason=reason)


def _end_attempts(connection: Connection, trial: int, values: Mapping[str, Any]) -> None:
    running = ATTEMPTS.c.trial_id == trial, ATTEMPTS.c.state == "running"
    connection.execute(update(ATTEMPTS).where(*running).values(**values))
