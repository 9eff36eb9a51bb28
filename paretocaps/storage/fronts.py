"""Writes and reads fronts: every change of a front is a row, so that a query shows a study's progress."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from paretocaps.domain.estimate import Estimate
from paretocaps.domain.front_record import FrontRecord
from paretocaps.domain.objective import Objective
from paretocaps.errors import DivergedError
from paretocaps.storage.changes import went_on
from paretocaps.storage.claims import release
from paretocaps.storage.events import notify
from paretocaps.storage.quantity_table import QuantityTable
from paretocaps.storage.quietest import counts
from paretocaps.storage.schema import ATTEMPTS, FRONT_MEMBERS, FRONT_VALUES, FRONTS, TRIALS, now
from paretocaps.storage.studies import study_id
from paretocaps.storage.table import table

Saved = Literal["stored", "unchanged", "stale"]
_ESTIMATE = tuple(field.name for field in fields(Estimate))


@dataclass(frozen=True)
class StoredFront:
    """A stored front: its members' trial numbers, best in the first objective first, and their table."""

    reference_point: tuple[float, ...] | None
    hypervolume: float
    members: tuple[int, ...]
    table: QuantityTable
    devices: tuple[str, ...]
    unreached: Mapping[str, int]


@dataclass(frozen=True)
class FrontStep:
    """One front in the history of a study.

    Attributes:
        trials: how many trials were finished when the study first had this front.
        hypervolume: its hypervolume over the reference point.
        reference_point: one value per objective, or None if it had none.
        device: the device whose trials were ranked, or None for those of all devices.
        created: when it was stored.
    """

    trials: int
    hypervolume: float
    reference_point: tuple[float, ...] | None
    device: str | None
    created: datetime


def save_front(
    connection: Connection,
    front: FrontRecord,
    ranked: QuantityTable,
    change: int | None = None,
    told: Collection[int] = (),
    *,
    values: bool = True,
) -> Saved:
    """Store a front, unless it equals the latest one over the same objectives, or is stale.

    The members' values with their intervals are stored even if it equals it, because other seeds may change
    them; not without `values`, where nothing has changed since the same front was stored. It is stale if a
    trial finished, or was trained with a further seed, after the trials were read.

    Args:
        connection: a connection in a write transaction.
        front: a front without bounds.
        ranked: all finished trials of the study; the stored front is valid until there are others.
        change: the latest change of the study when they were read; None to store the front in any case.
        told: trials that Optuna was told of: the connection's driver owns them until then.
        values: whether values of members may have changed.

    Raises:
        StorageError: there is no such study.
        DivergedError: the hypervolume or the reference point is not finite.
    """
    point = None if front.reference_point is None else [float(value) for value in front.reference_point]
    if not all(map(math.isfinite, [front.hypervolume, *(point or [])])):
        raise DivergedError(
            f"front of study {front.study!r} has hypervolume {front.hypervolume} and reference point {point}:"
            " they must be finite to be stored"
        )
    key, names = study_id(connection, front.study, lock=True), _names(front.objectives)
    if told:
        release(connection, front.study, told)
    if change is not None and went_on(connection, key, change):
        return "stale"
    numbers = [int(member.trial) for member in front.members]
    basis = {
        "attempts": int(ranked.attempts.sum()),
        "device": front.device,
        "devices": list(front.devices),
        "unreached": dict(front.unreached),
    }
    latest = _latest(connection, key, names)
    if latest is not None:
        stored = latest.reference_point, latest.hypervolume, _numbers(connection, latest.id)
        if stored == (point, front.hypervolume, numbers):
            connection.execute(update(FRONTS).where(FRONTS.c.id == latest.id).values(**basis))
            if values:
                connection.execute(delete(FRONT_VALUES).where(FRONT_VALUES.c.front_id == latest.id))
                _insert_values(connection, latest.id, front)
            return "unchanged"
    measured = {"reference_point": point, "hypervolume": front.hypervolume, "created": now()} | basis
    added = insert(FRONTS).values(study_id=key, objectives=names, trials=len(ranked), **measured)
    front_id = connection.execute(added.returning(FRONTS.c.id)).scalar_one()
    rows = [{"front_id": front_id, "trial": trial, "position": i} for i, trial in enumerate(numbers)]
    if rows:
        connection.execute(insert(FRONT_MEMBERS), rows)
    _insert_values(connection, front_id, front)
    named = [objective.name for objective in front.objectives]
    payload = {"objectives": named, "members": numbers, "hypervolume": front.hypervolume}
    notify(connection, front.study, "front", payload | {"trials": len(ranked)})
    return "stored"


def stored_front(
    connection: Connection, study: str, objectives: Sequence[Objective], quantities: Sequence[str]
) -> StoredFront | None:
    """Return the latest stored front over `objectives`, with `quantities` of its members, if it is valid.

    The result is None if no front is stored, or if trials finished or were trained again after it was stored:
    a driver was cut off in between, or an older version stored the front. It is also None if a member is no
    finished trial, as after a change by hand.

    Raises:
        StorageError: there is no such study.
    """
    key = study_id(connection, study)
    row = _latest(connection, key, _names(objectives))
    if row is None or row.attempts is None or row.attempts != _attempts(connection, key):
        return None
    numbers = _numbers(connection, row.id)
    members = table(connection, study, quantities, numbers)
    if len(members) < len(numbers):
        return None
    return StoredFront(
        reference_point=None if row.reference_point is None else tuple(row.reference_point),
        hypervolume=row.hypervolume,
        members=tuple(numbers),
        table=members,
        devices=tuple(row.devices),
        unreached=row.unreached,
    )


def refresh_value(connection: Connection, study: str, trial: int, quantity: str) -> None:
    """Store a quantity of a member of the study's latest front as it is now; do nothing for other trials."""
    of_study = FRONTS.c.study_id == study_id(connection, study)
    latest = select(func.max(FRONTS.c.id)).where(of_study).scalar_subquery()
    member = FRONT_MEMBERS.c.front_id == latest, FRONT_MEMBERS.c.trial == trial
    front = connection.scalar(select(FRONT_MEMBERS.c.front_id).where(*member))
    estimates = {} if front is None else table(connection, study, (quantity,), (trial,)).estimates(0)
    if quantity in estimates:
        stored = FRONT_VALUES.c.front_id == front, FRONT_VALUES.c.trial == trial
        connection.execute(delete(FRONT_VALUES).where(*stored, FRONT_VALUES.c.name == quantity))
        connection.execute(insert(FRONT_VALUES), [_value(front, trial, quantity, estimates[quantity])])


def front_history(connection: Connection, study: str, objectives: Sequence[Objective]) -> list[FrontStep]:
    """Return all fronts over `objectives` that the study has had, oldest first.

    Raises:
        StorageError: there is no such study.
    """
    of_study = FRONTS.c.study_id == study_id(connection, study), FRONTS.c.objectives == _names(objectives)
    rows = connection.execute(select(FRONTS).where(*of_study).order_by(FRONTS.c.id))
    return [
        FrontStep(
            trials=row.trials,
            hypervolume=row.hypervolume,
            reference_point=None if row.reference_point is None else tuple(row.reference_point),
            device=row.device,
            created=row.created,
        )
        for row in rows
    ]


def _insert_values(connection: Connection, front_id: int, front: FrontRecord) -> None:
    rows = [
        _value(front_id, member.trial, name, estimate)
        for member in front
        for name, estimate in member.estimates.items()
    ]
    if rows:
        connection.execute(insert(FRONT_VALUES), rows)


def _value(front_id: int | None, trial: int, name: str, estimate: Estimate) -> dict[str, Any]:
    columns = {name: getattr(estimate, name) for name in _ESTIMATE}
    return {"front_id": front_id, "trial": trial, "name": name} | columns


def _attempts(connection: Connection, study: int) -> int:
    """Return the sum of `QuantityTable.attempts` over all finished trials."""
    finished = TRIALS.c.study_id == study, TRIALS.c.state == "finished", counts()
    latest = select(func.max(ATTEMPTS.c.attempt).label("attempt")).select_from(ATTEMPTS.join(TRIALS))
    each = latest.where(*finished).group_by(ATTEMPTS.c.trial_id, ATTEMPTS.c.seed).subquery()
    return int(connection.scalar(select(func.coalesce(func.sum(each.c.attempt), 0))) or 0)


def _latest(connection: Connection, study: int, names: str) -> Row[Any] | None:
    of_study = FRONTS.c.study_id == study, FRONTS.c.objectives == names
    query = select(FRONTS).where(*of_study).order_by(FRONTS.c.id.desc()).limit(1)
    return connection.execute(query).one_or_none()


def _numbers(connection: Connection, front: int) -> list[int]:
    query = select(FRONT_MEMBERS.c.trial).where(FRONT_MEMBERS.c.front_id == front)
    return list(connection.scalars(query.order_by(FRONT_MEMBERS.c.position)))


def _names(objectives: Sequence[Objective]) -> str:
    return ",".join(objective.name for objective in objectives)
