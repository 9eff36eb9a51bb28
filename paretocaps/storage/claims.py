"""Gives each trial to one driver: new trials in one transaction, open ones by one conditional update."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case, func, insert, not_, null, or_, select, update

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.storage.attempts import attempt_folder, insert_attempt
from paretocaps.storage.changes import next_change
from paretocaps.storage.drivers import driver_of, living
from paretocaps.storage.records import canonical_json
from paretocaps.storage.schema import TRIALS, now
from paretocaps.storage.studies import named
from paretocaps.storage.telling import tell_trial

Refusal = Literal["full", "seen", "taken", "rejected"]
"""Why a trial is not begun: the study has all its trials, or the same training, another driver has the
number, or the trial is not worth a training, which a driver finds out before it claims it."""
_COUNTED = "running", "finished", "interrupted", "stopped"


@dataclass(frozen=True)
class NewTrial:
    """A trial that a driver wants to begin.

    Attributes:
        number: Optuna's number.
        choices: its canonical choices.
        design: the name of its design, if it has one.
        training: the digest of what it trains (`SameTraining.digest`).
        failed: how many trials of the same training had failed when this driver last looked; one that has
            failed since is not tried again.
        seed: the seed of its first training.
        total: how many trials the study is to have.
        folder: where that training's files are; None for a new folder in the artifact folder.
    """

    number: int
    choices: Mapping[str, Any]
    design: str | None
    training: str
    failed: int
    seed: int
    total: int
    folder: Path | None = None


class Begun(NamedTuple):
    """A new attempt, and the absolute folder for its files."""

    key: AttemptKey
    folder: Path


def claim_new(connection: Connection, study: str, trial: NewTrial) -> Begun | Refusal:
    """Add a running trial that the connection's driver owns, with its first attempt, which is returned.

    Returns:
        The attempt; or "full" if the running, interrupted, stopped and finished trials are already `total`,
        "seen" if one that neither failed nor was rejected is the same training, "taken" if the number is
        another driver's.

    Raises:
        StorageError: there is no such study.
        UsageError: the choices cannot be stored as JSON.
    """
    text = canonical_json(trial.choices)
    attempt = AttemptKey(study, trial.number, trial.seed, 1)
    key, change = next_change(connection, study)
    own = TRIALS.c.study_id == key
    same, counted = TRIALS.c.training == trial.training, TRIALS.c.state.in_(_COUNTED)
    count = select(func.count()).select_from(TRIALS)
    number, driver = TRIALS.c.number == trial.number, driver_of(connection)
    taken, mine, total, seen, failed = connection.execute(
        select(
            count.where(own, number).scalar_subquery(),
            count.where(own, number, TRIALS.c.driver == driver).scalar_subquery(),
            count.where(own, counted).scalar_subquery(),
            # not by the states of `counted`, for which SQLite would go through all trials
            count.where(own, same, TRIALS.c.state.not_in(("failed", "rejected"))).scalar_subquery(),
            count.where(own, same, TRIALS.c.state == "failed").scalar_subquery(),
        )
    ).one()
    if mine:  # the answer to the first try was lost
        return Begun(attempt, attempt_folder(connection, attempt))
    if taken:
        return "taken"
    if total >= trial.total:
        return "full"
    if seen or failed > trial.failed:
        return "seen"
    values = {"study_id": key, "number": trial.number, "choices": text, "design": trial.design}
    values |= {"state": "running", "created": now(), "training": trial.training, "change": change}
    added = insert(TRIALS).values(**values, driver=driver).returning(TRIALS.c.id)
    key = connection.execute(added).scalar_one()
    folder = insert_attempt(connection, key, attempt, trial.folder)
    own_choices = dict(trial.choices)
    tell_trial(connection, study, trial.number, "running", choices=own_choices, design=trial.design)
    return Begun(attempt, folder)


def claim(connection: Connection, study: str, number: int) -> bool:
    """Give a trial that no living driver owns to the connection's driver; return whether that was so.

    An interrupted trial is running again; one that has ended keeps its state.

    Raises:
        StorageError: there is no such study.
    """
    key, change = next_change(connection, study)
    same = TRIALS.c.study_id == key, TRIALS.c.number == number
    before = connection.scalar(select(TRIALS.c.state).where(*same))
    interrupted = TRIALS.c.state == "interrupted"
    values = {
        "driver": driver_of(connection),
        "change": change,
        "state": case((interrupted, "running"), else_=TRIALS.c.state),
        "ended": case((interrupted, null()), else_=TRIALS.c.ended),
        "reason": case((interrupted, null()), else_=TRIALS.c.reason),
    }
    free = or_(not_(_owned()), TRIALS.c.driver == driver_of(connection))
    claimed = update(TRIALS).where(*same, free).values(**values)
    row = connection.execute(claimed.returning(TRIALS.c.choices, TRIALS.c.design)).one_or_none()
    if row is not None and before == "interrupted":
        tell_trial(connection, study, number, "running", choices=json.loads(row.choices), design=row.design)
    return row is not None


def unowned(connection: Connection, study: str) -> list[int]:
    """Return the numbers of the trials that are to be taken over: no living driver owns them.

    They are the running and interrupted ones, and those that ended before their owner told Optuna.
    """
    left = or_(TRIALS.c.state.in_(("running", "interrupted")), TRIALS.c.driver.is_not(None))
    query = select(TRIALS.c.number).where(TRIALS.c.study_id == named(study), left, not_(_owned()))
    return list(connection.scalars(query.order_by(TRIALS.c.number)))


def release(connection: Connection, study: str, numbers: Collection[int]) -> None:
    """Give up the ownership of trials that the connection's driver has ended and told."""
    own = TRIALS.c.study_id == named(study), TRIALS.c.driver == driver_of(connection)
    connection.execute(update(TRIALS).where(*own, TRIALS.c.number.in_(numbers)).values(driver=None))


def others_at_work(connection: Connection, study: str, driver: str) -> bool:
    """Return whether another living driver than `driver` owns a trial of the study."""
    others = and_(_owned(), TRIALS.c.driver != driver)
    query = select(TRIALS.c.id).where(TRIALS.c.study_id == named(study), others)
    return connection.scalar(query.limit(1)) is not None


def record_trainings(connection: Connection, study: str, digests: Mapping[int, str]) -> None:
    """Store what trials train, by number, where it is not stored, or an older version's digest is."""
    for number, digest in digests.items():
        own = TRIALS.c.study_id == named(study), TRIALS.c.number == number
        connection.execute(update(TRIALS).where(*own).values(training=digest))


def _owned() -> ColumnElement[bool]:
    return and_(TRIALS.c.driver.is_not(None), TRIALS.c.driver.in_(living()))
