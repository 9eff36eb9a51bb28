"""Fronts in the database: each change is a row, so that a study's progress can be drawn."""

import math
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import Objective
from paretocaps.errors import DivergedError
from paretocaps.storage.schema import FRONT_MEMBERS, FRONTS, now
from paretocaps.storage.studies import study_id
from paretocaps.storage.table import table
from paretocaps.storage.trials import members


def save_front(connection: Connection, front: FrontRecord) -> bool:
    """Store a front, unless the latest one over the same objectives is the same; return whether it was.

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
    key, names = study_id(connection, front.study), _names(front.objectives)
    numbers = [member.trial for member in front.members]
    latest = _latest(connection, key, names)
    if latest is not None:
        stored = latest.reference_point, latest.hypervolume, _numbers(connection, latest.id)
        if stored == (point, front.hypervolume, numbers):
            return False
    values = {"reference_point": point, "hypervolume": front.hypervolume, "created": now()}
    query = insert(FRONTS).values(study_id=key, objectives=names, **values).returning(FRONTS.c.id)
    front_id = connection.execute(query).scalar_one()
    rows = [{"front_id": front_id, "trial": trial, "position": i} for i, trial in enumerate(numbers)]
    if rows:
        connection.execute(insert(FRONT_MEMBERS), rows)
    return True


def latest_front(connection: Connection, study: str, objectives: Sequence[Objective]) -> FrontRecord | None:
    """Return the front over `objectives` stored last, or None where there is none.

    The members' values are the means of what is stored of them now.

    Raises:
        StorageError: there is no such study.
    """
    row = _latest(connection, study_id(connection, study), _names(objectives))
    if row is None:
        return None
    return FrontRecord(
        study=study,
        objectives=tuple(objectives),
        reference_point=None if row.reference_point is None else tuple(row.reference_point),
        hypervolume=row.hypervolume,
        members=_members(connection, study, _numbers(connection, row.id), objectives),
    )


def _members(
    connection: Connection, study: str, numbers: Sequence[int], objectives: Sequence[Objective]
) -> tuple[FrontMember, ...]:
    chosen = members(connection, study, numbers)
    measured = table(connection, study, [objective.quantity for objective in objectives], numbers)
    place = {int(number): index for index, number in enumerate(measured.trials)}
    names = [objective.name for objective in objectives]
    return tuple(
        FrontMember(
            trial=number,
            choices=chosen[number].choices,
            values=dict(zip(names, measured.values[place[number]].tolist(), strict=True)),
            design=chosen[number].design,
            seeds=int(measured.seeds[place[number]]),
            flags=measured.flags(place[number]),
        )
        for number in numbers
    )


def _latest(connection: Connection, study: int, names: str) -> Row[Any] | None:
    of_study = FRONTS.c.study_id == study, FRONTS.c.objectives == names
    query = select(FRONTS).where(*of_study).order_by(FRONTS.c.id.desc()).limit(1)
    return connection.execute(query).one_or_none()


def _numbers(connection: Connection, front: int) -> list[int]:
    query = select(FRONT_MEMBERS.c.trial).where(FRONT_MEMBERS.c.front_id == front)
    return list(connection.scalars(query.order_by(FRONT_MEMBERS.c.position)))


def _names(objectives: Sequence[Objective]) -> str:
    return ",".join(objective.name for objective in objectives)
