"""Registers the drivers of a study, counts their signs of life, and ends those that are dead.

A driver's rights end with its row: every write of a store that is bound to it begins with `check_driver`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from paretocaps.errors import FencedError
from paretocaps.storage.schema import DRIVERS, now
from paretocaps.storage.studies import study_id

_CHECKED = (
    update(DRIVERS)
    .where(DRIVERS.c.token == bindparam("own"), DRIVERS.c.ended.is_(None))
    .values(beat=DRIVERS.c.beat + 1)
    .returning(DRIVERS.c.id)
)

SIGHTING = (DRIVERS.c.token, DRIVERS.c.host, DRIVERS.c.pid, DRIVERS.c.beat, DRIVERS.c.seen)
"""The columns of a `Sighting`."""


@dataclass(frozen=True)
class Sighting:
    """A driver that has not ended: its token, its process, its signs of life, and when the last one was."""

    token: str
    host: str
    pid: int
    beat: int
    seen: datetime | None = None

    @property
    def process(self) -> str:
        """Its process, as a text for people."""
        return f"process {self.pid} on {self.host}"


def driver_of(connection: Connection) -> str | None:
    """Return the token of the driver that the connection's store is bound to, or None."""
    token: str | None = connection.get_execution_options().get("driver")
    return token


def register_driver(connection: Connection, study: str, token: str, host: str, pid: int) -> None:
    """Add a driver of a study.

    Raises:
        StorageError: there is no such study.
    """
    moment = now()
    values = {"token": token, "host": host, "pid": pid, "started": moment, "seen": moment, "beat": 0}
    connection.execute(insert(DRIVERS).values(study_id=study_id(connection, study), **values))


def check_driver(connection: Connection, token: str) -> None:
    """Check that a driver has not ended, which is a sign of life, too; it cannot be ended before the commit.

    Raises:
        FencedError: it has ended.
    """
    if connection.scalar(_CHECKED, {"own": token}) is None:
        raise _fenced(connection, token)


def beat(connection: Connection, token: str) -> list[Sighting]:
    """Count a sign of life of a driver, and return the other drivers of its study that have not ended.

    Raises:
        FencedError: it has ended.
    """
    own = update(DRIVERS).where(DRIVERS.c.token == token, DRIVERS.c.ended.is_(None))
    counted = own.values(beat=DRIVERS.c.beat + 1, seen=now()).returning(DRIVERS.c.study_id)
    study = connection.scalar(counted)
    if study is None:
        raise _fenced(connection, token)
    columns = DRIVERS.c.token, DRIVERS.c.host, DRIVERS.c.pid, DRIVERS.c.beat
    others = DRIVERS.c.study_id == study, DRIVERS.c.ended.is_(None), DRIVERS.c.token != token
    return [Sighting(*row) for row in connection.execute(select(*columns).where(*others))]


def end_driver(connection: Connection, token: str, reason: str | None = None) -> bool:
    """End a driver, and return whether it had not ended before.

    Args:
        connection: a connection in a write transaction.
        token: the driver.
        reason: why another driver ended it.
    """
    living = update(DRIVERS).where(DRIVERS.c.token == token, DRIVERS.c.ended.is_(None))
    ended = living.values(ended=now(), reason=reason).returning(DRIVERS.c.id)
    return connection.scalar(ended) is not None


def living() -> Select[tuple[str]]:
    """Return a query of the tokens of all drivers that have not ended."""
    return select(DRIVERS.c.token).where(DRIVERS.c.ended.is_(None))


def _fenced(connection: Connection, token: str) -> FencedError:
    reason = connection.scalar(select(DRIVERS.c.reason).where(DRIVERS.c.token == token))
    why = reason or "the database has no record that it runs"
    return FencedError(
        f"another driver has taken over from this one ({why}): its trainings were ended;"
        " run the same command again to join in"
    )
