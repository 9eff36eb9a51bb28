"""Stores who asked the service to change something, and what came of it."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from paretocaps.storage.schema import now
from paretocaps.storage.service_schema import AUDIT


@dataclass(frozen=True)
class Audited:
    """One request that was to change something.

    Attributes:
        who, role: the name of its token, and that token's role.
        action: its method, e.g. "POST".
        target: its path.
        address: the address that it came from.
        outcome: the HTTP status of the answer.
        reason: why it was refused; None if it was not.
        at: when it was answered, UTC; None before it is stored.
    """

    who: str
    role: str
    action: str
    target: str
    address: str
    outcome: int
    reason: str | None = None
    at: datetime | None = None


def audit(connection: Connection, entry: Audited, most: int | None = None) -> None:
    """Add an entry, as of the present moment, and remove those before the latest `most`; None keeps all."""
    added = insert(AUDIT).values(asdict(entry) | {"at": now()}).returning(AUDIT.c.id)
    number = connection.execute(added).scalar_one()
    if most is not None:
        connection.execute(delete(AUDIT).where(AUDIT.c.id <= number - most))


def audited(connection: Connection, limit: int = 1000) -> list[Audited]:
    """Return the latest entries, newest first."""
    columns = [AUDIT.c[name] for name in Audited.__dataclass_fields__]
    rows = connection.execute(select(*columns).order_by(AUDIT.c.id.desc()).limit(limit))
    return [Audited(*row) for row in rows]
