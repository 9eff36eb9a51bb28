"""Numbers what happens to a study, so that everyone who watches it hears each event once, and in order.

An event is written in the transaction of the change that it tells of. Its number is one more than the last
one of its study, and a server lets one transaction at a time give a study's numbers: an event that becomes
visible is never followed by one with a smaller number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, text

from paretocaps.storage.schema import now
from paretocaps.storage.service_schema import EVENTS

EventKind = Literal["state", "trial", "epoch", "front", "notice"]

_OWN = select(func.coalesce(func.max(EVENTS.c.number), 0) + 1).where(EVENTS.c.study == bindparam("study"))
_ADDED = insert(EVENTS).values(
    study=bindparam("study"),
    number=_OWN.scalar_subquery(),
    kind=bindparam("kind"),
    at=bindparam("at"),
    payload=bindparam("payload"),
)
_TURN = text("SELECT pg_advisory_xact_lock(hashtext('paretocaps_events'), hashtext(:study))")


class Told(NamedTuple):
    """What is to become an event: its kind, and what happened, in values that JSON can hold."""

    kind: EventKind
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Event:
    """What happened to a study.

    Attributes:
        number: counts the events of its study from 1, without gaps.
        kind: what it tells of; see `paretocaps.service.watching.events`.
        at: when it happened, UTC.
        payload: the rest, by name; values in SI units.
    """

    number: int
    kind: EventKind
    at: datetime
    payload: Mapping[str, Any]


def tell(connection: Connection, study: str, told: Sequence[Told]) -> None:
    """Add events to a study in their order, whether it exists or not.

    Where the transaction locks the study's row, too, it locks that first.
    """
    if not told:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(_TURN, {"study": study})
    moment = now()
    rows = [{"study": study, "kind": kind, "at": moment, "payload": dict(what)} for kind, what in told]
    connection.execute(_ADDED, rows)


def notify(connection: Connection, study: str, kind: EventKind, payload: Mapping[str, Any]) -> None:
    """Add one event to a study, which tells of no other change of the database."""
    tell(connection, study, [Told(kind, payload)])


def events(connection: Connection, study: str, after: int = 0, limit: int = 1000) -> list[Event]:
    """Return the events of a study with numbers above `after`, oldest first, at most `limit`."""
    columns = EVENTS.c.number, EVENTS.c.kind, EVENTS.c.at, EVENTS.c.payload
    query = select(*columns).where(EVENTS.c.study == study, EVENTS.c.number > after)
    return [Event(*row) for row in connection.execute(query.order_by(EVENTS.c.number).limit(limit))]


def last_epoch(connection: Connection, study: str, submission: int) -> int:
    """Return the last epoch that was told of a submission's own training; 0 if none was."""
    payload = EVENTS.c.payload
    own = EVENTS.c.study == study, EVENTS.c.kind == "epoch", payload["submission"].as_integer() == submission
    found: int | None = connection.scalar(select(func.max(payload["epoch"].as_integer())).where(*own))
    return found or 0


def last_event(connection: Connection, study: str) -> int:
    """Return the number of the latest event of a study; 0 if it has none."""
    query = select(func.coalesce(func.max(EVENTS.c.number), 0)).where(EVENTS.c.study == study)
    found: int = connection.execute(query).scalar_one()
    return found
