"""Stores trials that are rejected before they are trained, with the reason and what was predicted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from paretocaps.storage.changes import next_change
from paretocaps.storage.drivers import driver_of
from paretocaps.storage.records import canonical_json
from paretocaps.storage.schema import TRIALS, now
from paretocaps.storage.studies import named
from paretocaps.storage.telling import tell_trial


@dataclass(frozen=True)
class RejectedTrial:
    """A trial that a driver does not train.

    Attributes:
        number: Optuna's number.
        choices: its canonical choices.
        training: the digest of what it would train (`SameTraining.digest`).
        reason: why, as a sentence.
        predicted: the quantities that it would have, by name; times at their most optimistic.
    """

    number: int
    choices: Mapping[str, Any]
    training: str
    reason: str
    predicted: Mapping[str, float]


def reject_trial(connection: Connection, study: str, trial: RejectedTrial) -> bool:
    """Add a rejected trial, which the connection's driver owns until Optuna was told of it.

    Return whether the number was free or the driver's own; else another driver has the trial.

    Raises:
        StorageError: there is no such study.
    """
    key, change = next_change(connection, study)
    same = TRIALS.c.study_id == key, TRIALS.c.number == trial.number
    found = connection.execute(select(TRIALS.c.driver).where(*same)).one_or_none()
    if found is not None:  # the answer to the first try may have been lost
        return bool(found.driver == driver_of(connection))
    moment = now()
    values = {
        "study_id": key,
        "number": trial.number,
        "choices": canonical_json(trial.choices),
        "state": "rejected",
        "reason": trial.reason,
        "created": moment,
        "ended": moment,
        "training": trial.training,
        "predicted": dict(trial.predicted),
        "change": change,
        "driver": driver_of(connection),
    }
    connection.execute(insert(TRIALS).values(**values))
    more = {"choices": dict(trial.choices), "predicted": dict(trial.predicted)}
    tell_trial(connection, study, trial.number, "rejected", reason=trial.reason, **more)
    return True


def predicted(connection: Connection, study: str, number: int) -> dict[str, float]:
    """Return the quantities that were predicted of a rejected trial; none of any other."""
    own = TRIALS.c.study_id == named(study), TRIALS.c.number == number
    found: dict[str, float] | None = connection.scalar(select(TRIALS.c.predicted).where(*own))
    return found or {}
