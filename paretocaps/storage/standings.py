"""Reads how all studies stand, and how long the last trainings of one took, in few queries."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, true

from paretocaps.storage.drivers import SIGHTING, Sighting
from paretocaps.storage.records import STATES, State
from paretocaps.storage.schema import ATTEMPTS, DRIVERS, STUDIES, TRIALS
from paretocaps.storage.studies import study_id


@dataclass(frozen=True)
class Standing:
    """How a study stands.

    Attributes:
        name: its name.
        created: when it was created.
        spec: the stored form of its spec.
        changes: counts the changes of its trials and settings; equal if nothing has changed.
        trials: the number of its trials in each state.
        drivers: its drivers that have not ended; some may be dead.
    """

    name: str
    created: datetime
    spec: Mapping[str, Any]
    changes: int
    trials: Mapping[State, int]
    drivers: tuple[Sighting, ...]

    @property
    def ended(self) -> int:
        """How many of its trials count: those that finished, and those that were stopped early."""
        return self.trials["finished"] + self.trials["stopped"]


def standings(connection: Connection) -> list[Standing]:
    """Return how every study stands, the newest first."""
    return _standings(connection, true(), true())


def standing(connection: Connection, study: str) -> Standing:
    """Return how one study stands.

    Raises:
        StorageError: there is no such study.
    """
    key = study_id(connection, study)
    return _standings(connection, STUDIES.c.id == key, TRIALS.c.study_id == key)[0]


def _standings(
    connection: Connection, studies: ColumnElement[bool], trials: ColumnElement[bool]
) -> list[Standing]:
    by_state = select(TRIALS.c.study_id, TRIALS.c.state, func.count()).where(trials)
    counted = connection.execute(by_state.group_by(TRIALS.c.study_id, TRIALS.c.state))
    numbers = {(study, state): number for study, state, number in counted}
    living: dict[int, list[Sighting]] = defaultdict(list)
    sightings = select(DRIVERS.c.study_id, *SIGHTING).where(DRIVERS.c.ended.is_(None))
    for study, *sighting in connection.execute(sightings):
        living[study].append(Sighting(*sighting))
    own = STUDIES.c.id, STUDIES.c.name, STUDIES.c.created, STUDIES.c.spec, STUDIES.c.changes
    return [
        Standing(
            name=row.name,
            created=row.created,
            spec={**row.spec, "study": row.name},
            changes=row.changes,
            trials={state: numbers.get((row.id, state), 0) for state in STATES},
            drivers=tuple(living[row.id]),
        )
        for row in connection.execute(select(*own).where(studies).order_by(STUDIES.c.id.desc()))
    ]


def durations(connection: Connection, study: str, limit: int = 20) -> list[float]:
    """Return the seconds that a study's last finished trainings took, at most `limit`.

    They are those from beginning to end, or of one that went on from a checkpoint those that were measured.
    Those that were measured before they were stored are left out, as their beginning is not known.

    Raises:
        StorageError: there is no such study.
    """
    own = TRIALS.c.study_id == study_id(connection, study), ATTEMPTS.c.state == "finished"
    columns = ATTEMPTS.c.started, ATTEMPTS.c.ended, ATTEMPTS.c.resumed_from, ATTEMPTS.c.wall
    query = select(*columns).select_from(ATTEMPTS.join(TRIALS))
    query = query.where(*own, ATTEMPTS.c.ended > ATTEMPTS.c.started)
    last = query.order_by(ATTEMPTS.c.id.desc()).limit(limit)
    return [
        (row.resumed_from and row.wall) or (row.ended - row.started).total_seconds()
        for row in connection.execute(last)
    ]
