"""Counts the changes of a study's trials, so that each driver reads only what is new to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    select,
    true,
    update,
)

from paretocaps.errors import StorageError
from paretocaps.storage.records import State
from paretocaps.storage.schema import STUDIES, TRIALS
from paretocaps.storage.studies import study_id


def _changed(newer: ColumnElement[bool]) -> Select[Any]:
    names = "number", "state", "choices", "design", "may_pass", "driver", "training"
    query = select(STUDIES.c.changes, *(TRIALS.c[name] for name in names))
    joined = query.select_from(STUDIES.outerjoin(TRIALS, and_(TRIALS.c.study_id == STUDIES.c.id, newer)))
    # + 0, or SQLite would go through all trials in that order to find those few that changed
    return joined.where(STUDIES.c.name == bindparam("study")).order_by(TRIALS.c.number + 0)


_COUNTED = (
    update(STUDIES)
    .where(STUDIES.c.name == bindparam("study"))
    .values(changes=STUDIES.c.changes + 1)
    .returning(STUDIES.c.id, STUDIES.c.changes)
)
_VERSION = select(
    STUDIES.c.id,
    STUDIES.c.created,
    STUDIES.c.changes,
    *(cast(STUDIES.c[name], Text).label(name) for name in ("spec", "reference_point", "ideal_point")),
).where(STUDIES.c.name == bindparam("study"))
_ALL, _NEWER = _changed(true()), _changed(TRIALS.c.change > bindparam("after"))


@dataclass(frozen=True)
class TrialState:
    """What drivers know of every trial: its number, state and choices, its design, and who owns it.

    Attributes:
        may_pass: whether it failed and may succeed if it is tried again.
        driver: the token of its owner, or None.
        training: the digest of what it trains, as it is stored; None where an older version stored it.
    """

    number: int
    state: State
    choices: Mapping[str, Any]
    design: str | None
    may_pass: bool
    driver: str | None
    training: str | None


def next_change(connection: Connection, study: str) -> tuple[int, int]:
    """Count a change of a study, and return its key and the change's number.

    A server locks the study's row until the transaction ends, so changes become visible in their order.

    Raises:
        StorageError: there is no such study.
    """
    row = connection.execute(_COUNTED, {"study": study}).one_or_none()
    if row is None:
        raise _missing(connection, study)
    return row.id, row.changes


def changes(connection: Connection, study: str, after: int | None = None) -> tuple[int, list[TrialState]]:
    """Return the trials that changed after the change `after` (None: all trials), and the latest change.

    Raises:
        StorageError: there is no such study.
    """
    if after is None:
        rows = connection.execute(_ALL, {"study": study}).all()
    else:
        rows = connection.execute(_NEWER, {"study": study, "after": after}).all()
    if not rows:
        raise _missing(connection, study)
    return rows[0].changes, [_trial(row) for row in rows if row.number is not None]


def version(connection: Connection, study: str) -> tuple[Any, ...]:
    """Return what differs from before whenever a study's trials, its values or its settings have changed.

    Raises:
        StorageError: there is no such study.
    """
    row = connection.execute(_VERSION, {"study": study}).one_or_none()
    if row is None:
        raise _missing(connection, study)
    return tuple(row)


def _missing(connection: Connection, study: str) -> StorageError:
    """Return the error of a study that has just been removed; of one that never was, it is raised."""
    study_id(connection, study)
    return StorageError(f"study {study!r} has just been removed")


def _trial(row: Row[Any]) -> TrialState:
    return TrialState(
        number=row.number,
        state=row.state,
        choices=json.loads(row.choices),
        design=row.design,
        may_pass=bool(row.may_pass),
        driver=row.driver,
        training=row.training,
    )


def went_on(connection: Connection, study: int, after: int) -> bool:
    """Return whether a trial of the study with key `study` finished, or got a value, after a change."""
    newer = TRIALS.c.study_id == study, TRIALS.c.change > after, TRIALS.c.state == "finished"
    return bool(connection.scalar(select(exists().where(*newer))))
