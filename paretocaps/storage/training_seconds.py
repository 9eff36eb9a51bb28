"""Adds up the seconds that the trainings of a study have taken, whatever became of them."""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, exists, func, or_, select

from paretocaps.storage.schema import ATTEMPTS, EPOCHS, TRIALS
from paretocaps.storage.studies import study_id


def training_seconds(connection: Connection, study: str) -> float:
    """Return the measured training seconds of all epochs that the study has recorded.

    Epochs of trials that run, failed or were stopped count, and those of further seeds; steps that were lost
    with a killed training do not.

    Raises:
        StorageError: there is no such study.
    """
    return sum(seconds_by_trial(connection, study).values())


def seconds_by_trial(
    connection: Connection, study: str, numbers: Collection[int] | None = None
) -> dict[int, float]:
    """Return the same by the number of the trial, for trials with an epoch: those in `numbers`, or all.

    Raises:
        StorageError: there is no such study.
    """
    own = {"study": study_id(connection, study)}
    if numbers is None:
        rows = connection.execute(_seconds(), own)
    else:
        rows = connection.execute(_seconds_of_some(), {**own, "numbers": list(numbers)})
    return {number: float(seconds) for number, seconds in rows}


@cache
def _seconds() -> Select[Any]:
    trained = or_(ATTEMPTS.c.resumed_from.is_(None), ~_taken_over())
    query = select(TRIALS.c.number, func.sum(EPOCHS.c.seconds))
    joined = query.select_from(EPOCHS.join(ATTEMPTS).join(TRIALS))
    return joined.where(TRIALS.c.study_id == bindparam("study"), trained).group_by(TRIALS.c.number)


@cache
def _seconds_of_some() -> Select[Any]:
    return _seconds().where(TRIALS.c.number.in_(bindparam("numbers", expanding=True)))


def _taken_over() -> ColumnElement[bool]:
    """Return whether an epoch was trained by an attempt before its own, which went on from a checkpoint.

    Both tell the seconds by then alike; those of the epoch alone may have been settled anew since.
    """
    earlier, epochs = ATTEMPTS.alias(), EPOCHS.alias()
    same_seed = earlier.c.trial_id == ATTEMPTS.c.trial_id, earlier.c.seed == ATTEMPTS.c.seed
    same_epoch = epochs.c.epoch == EPOCHS.c.epoch, epochs.c.wall == EPOCHS.c.wall
    joined = select(epochs.c.epoch).select_from(epochs.join(earlier, earlier.c.id == epochs.c.attempt_id))
    return exists(joined.where(*same_seed, *same_epoch, earlier.c.attempt < ATTEMPTS.c.attempt))
