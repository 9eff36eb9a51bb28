"""Creates, finds and lists the studies in the database."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, insert, select, update

from paretocaps.domain.slot import Slot
from paretocaps.errors import DivergedError, StorageError, did_you_mean
from paretocaps.storage.address import safe
from paretocaps.storage.database import refusing_duplicates
from paretocaps.storage.records import StudyRecord, as_stored
from paretocaps.storage.schema import INSERT, STUDIES, now

_CALLED = select(STUDIES.c.id).where(STUDIES.c.name == bindparam("study"))
_LOCKED = _CALLED.with_for_update()


def create_study(
    connection: Connection,
    name: str,
    spec: Mapping[str, Any],
    facts: Mapping[str, int] | None = None,
    without_effect: Sequence[str] = (),
    content: Mapping[str, Any] | None = None,
    *,
    exist_ok: bool = False,
) -> None:
    """Add a study with its spec, in values that JSON can hold (`spec.model_dump(mode="json")`).

    `facts`, `without_effect` and `content` are those of `StudyRecord`. With `exist_ok`, a study of that name,
    which another driver has just made, stays as it is.

    Raises:
        UsageError: `spec` cannot be stored as JSON.
        StorageError: there is already a study of that name.
    """
    values = {
        "name": name,
        "created": now(),
        "spec": as_stored(spec),
        "facts": facts,
        "without_effect": list(without_effect) or None,
        "content": content,
    }
    where = safe(connection.engine.url)
    if exist_ok:
        added = INSERT[connection.dialect.name](STUDIES).values(**values)
        connection.execute(added.on_conflict_do_nothing(index_elements=["name"]))
        return
    with refusing_duplicates(f"study {name!r} is already in {where!r}: open it, or choose another name"):
        connection.execute(insert(STUDIES).values(**values))


def has_study(connection: Connection, name: str) -> bool:
    """Return whether there is a study called `name`."""
    return connection.scalar(select(STUDIES.c.id).where(STUDIES.c.name == name)) is not None


def created(connection: Connection, name: str) -> datetime | None:
    """Return when the study called `name` was made, which tells it from a deleted one; None for none."""
    found: datetime | None = connection.scalar(select(STUDIES.c.created).where(STUDIES.c.name == name))
    return found


def study_id(connection: Connection, name: str, *, lock: bool = False) -> int:
    """Return the key of the study called `name`; with `lock`, a server locks its row for the transaction.

    Raises:
        StorageError: there is none; the message has the most similar name and the known names.
    """
    key: int | None = connection.scalar(_LOCKED if lock else _CALLED, {"study": name})
    if key is None:
        known = list(connection.scalars(select(STUDIES.c.name).order_by(STUDIES.c.name)))
        listed = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
        raise StorageError(f"no study {name!r}{did_you_mean(name, known)} (known: {listed or 'none'})")
    return key


def named(name: str | BindParameter[str]) -> ColumnElement[int]:
    """Return the key of the study called `name` as a part of a statement; it is NULL if there is none."""
    return select(STUDIES.c.id).where(STUDIES.c.name == name).scalar_subquery()


def study(connection: Connection, name: str) -> StudyRecord:
    """Return the study called `name`.

    Raises:
        StorageError: there is none; the message has the most similar name.
    """
    row = connection.execute(select(STUDIES).where(STUDIES.c.id == study_id(connection, name))).one()
    point, ideal = (None if kept is None else tuple(kept) for kept in (row.reference_point, row.ideal_point))
    idle = tuple(row.without_effect or ())
    return StudyRecord(
        name,
        row.created,
        {**row.spec, "study": name},  # which a study that was renamed or copied has of the original
        point,
        row.facts,
        idle,
        row.accelerator,
        row.content,
        _slots(row.slots),
        ideal,
    )


def study_names(connection: Connection) -> list[str]:
    """Return the names of all studies, oldest first."""
    return list(connection.scalars(select(STUDIES.c.name).order_by(STUDIES.c.id)))


def set_spec(connection: Connection, name: str, spec: Mapping[str, Any]) -> None:
    """Replace the spec of a study, e.g. when it is to have more trials; another one counts as a change.

    Raises:
        StorageError: there is no such study.
        UsageError: `spec` cannot be stored as JSON.
    """
    key = study_id(connection, name)
    stored, own = as_stored(spec), STUDIES.c.id == key
    if connection.scalar(select(STUDIES.c.spec).where(own)) != stored:
        connection.execute(update(STUDIES).where(own).values(spec=stored, changes=STUDIES.c.changes + 1))


def set_facts(connection: Connection, name: str, facts: Mapping[str, int]) -> None:
    """Store the facts about a study, which one of an older version lacks.

    Raises:
        StorageError: there is no such study.
    """
    key = study_id(connection, name)
    connection.execute(update(STUDIES).where(STUDIES.c.id == key).values(facts=dict(facts)))


def pin_accelerator(connection: Connection, name: str, kind: str) -> str:
    """Store the type of GPU of the study's first job on a cluster; return the study's, which may be older.

    Raises:
        StorageError: there is no such study.
    """
    key = study_id(connection, name)
    unpinned = STUDIES.c.id == key, STUDIES.c.accelerator.is_(None)
    connection.execute(update(STUDIES).where(*unpinned).values(accelerator=kind))
    pinned: str | None = connection.scalar(select(STUDIES.c.accelerator).where(STUDIES.c.id == key))
    return pinned or kind


def keep_slots(connection: Connection, name: str, slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """Store the slots of a study that has none, and return those that the study has.

    Raises:
        StorageError: there is no such study.
    """
    key = study_id(connection, name, lock=True)
    if kept := _slots(connection.scalar(select(STUDIES.c.slots).where(STUDIES.c.id == key))):
        return kept
    values = [slot.model_dump(mode="json") for slot in slots]
    connection.execute(update(STUDIES).where(STUDIES.c.id == key).values(slots=values))
    return tuple(slots)


def _slots(stored: Sequence[Mapping[str, Any]] | None) -> tuple[Slot, ...] | None:
    return None if stored is None else tuple(map(Slot.model_validate, stored))


def set_content(connection: Connection, name: str, content: Mapping[str, Any]) -> None:
    """Store what a study's data folder has, which one of an older version lacks.

    Raises:
        StorageError: there is no such study.
    """
    key = study_id(connection, name)
    connection.execute(update(STUDIES).where(STUDIES.c.id == key).values(content=dict(content)))


def fix_corners(
    connection: Connection, name: str, reference: Sequence[float], ideal: Sequence[float]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Store the reference and the ideal point of a study that lacks them; return those that the study has.

    Each has one value per objective, in the objective's unit.

    Raises:
        StorageError: there is no such study.
        DivergedError: a value is not finite.
    """
    key = study_id(connection, name, lock=True)
    columns = STUDIES.c.reference_point, STUDIES.c.ideal_point
    stored = connection.execute(select(*columns).where(STUDIES.c.id == key)).one()
    points = [tuple(map(float, kept or new)) for kept, new in zip(stored, (reference, ideal), strict=True)]
    for what, point in zip(("reference", "ideal"), points, strict=True):
        if not all(map(math.isfinite, point)):
            raise DivergedError(f"{what} point {list(point)} is not finite: it cannot be stored")
    values = {"reference_point": list(points[0]), "ideal_point": list(points[1])}
    connection.execute(update(STUDIES).where(STUDIES.c.id == key).values(**values))
    return points[0], points[1]
