"""Writes that trainings were stopped early, gives stopped trials to drivers, and reads curves."""

import json
from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Connection, select, true, update

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.storage.attempts import find_attempt, trial_id, write_measured
from paretocaps.storage.changes import next_change
from paretocaps.storage.drivers import driver_of
from paretocaps.storage.events import tell
from paretocaps.storage.records import check_finite
from paretocaps.storage.schema import ATTEMPTS, EPOCHS, TRIALS, now
from paretocaps.storage.studies import study_id
from paretocaps.storage.telling import tell_trial


def stop_attempt(connection: Connection, key: AttemptKey, measurement: Measurement, reason: str) -> None:
    """Store the measurement of an attempt that was stopped early: it is that of its epochs so far.

    Raises:
        StorageError: there is no such attempt.
        DivergedError: a value of the measurement is not finite; nothing is stored.
    """
    check_finite(measurement)
    row = find_attempt(connection, key)
    own = {"state": "stopped", "ended": now(), "reason": reason}
    tell(connection, key.study, write_measured(connection, key, row, measurement, own))


def stop_trial(connection: Connection, study: str, number: int, reason: str) -> None:
    """Set a trial that is not finished to stopped, and its running attempts to interrupted.

    Raises:
        StorageError: there is no such study or trial.
    """
    trial = trial_id(connection, study, number)
    values = {"reason": reason, "ended": now()}
    running = ATTEMPTS.c.trial_id == trial, ATTEMPTS.c.state == "running"
    connection.execute(update(ATTEMPTS).where(*running).values(**values, state="interrupted"))
    _, change = next_change(connection, study)
    own = TRIALS.c.id == trial, TRIALS.c.state.not_in(("finished", "stopped"))
    stopped = update(TRIALS).where(*own).values(**values, state="stopped", change=change)
    if connection.scalar(stopped.returning(TRIALS.c.id)) is not None:
        tell_trial(connection, study, number, "stopped", reason=reason)


def claim_stopped(connection: Connection, study: str, number: int) -> bool:
    """Give a stopped trial that no driver owns to the connection's driver, as a running one, if there is one.

    Return whether it did.

    Raises:
        StorageError: there is no such study.
    """
    key, change = next_change(connection, study)
    driver = driver_of(connection)
    free = TRIALS.c.driver.is_(None) | (TRIALS.c.driver == driver)
    own = TRIALS.c.study_id == key, TRIALS.c.number == number, TRIALS.c.state == "stopped", free
    values = {"state": "running", "driver": driver, "change": change, "ended": None, "reason": None}
    row = connection.execute(
        update(TRIALS).where(*own).values(**values).returning(TRIALS.c.choices, TRIALS.c.design)
    ).one_or_none()
    if row is None:
        return False
    tell_trial(connection, study, number, "running", choices=json.loads(row.choices), design=row.design)
    return True


def curves(
    connection: Connection, study: str, seed: int, numbers: Collection[int] | None = None
) -> dict[int, list[EpochRecord]]:
    """Return the epochs of the trainings with `seed`, by trial: of each epoch, its last attempt's record.

    Args:
        connection: a connection in any transaction.
        study: the study.
        seed: the seed.
        numbers: the trials; None for all.

    Raises:
        StorageError: there is no such study.
    """
    wanted = true() if numbers is None else TRIALS.c.number.in_(numbers)
    own = TRIALS.c.study_id == study_id(connection, study), ATTEMPTS.c.seed == seed, wanted
    names = [column for column in EPOCHS.c if column.name != "attempt_id"]
    query = select(TRIALS.c.number, *names).select_from(EPOCHS.join(ATTEMPTS).join(TRIALS)).where(*own)
    found: dict[int, dict[int, EpochRecord]] = defaultdict(dict)
    for number, *values in connection.execute(query.order_by(TRIALS.c.number, ATTEMPTS.c.attempt)):
        record = EpochRecord(**dict(zip((column.name for column in names), values, strict=True)))
        found[number][record.epoch] = record
    return {number: [own[epoch] for epoch in sorted(own)] for number, own in found.items()}
