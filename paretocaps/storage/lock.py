"""Locks a study for one driver; the lock ends with the process that holds it."""

import hashlib
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Connection, text

from paretocaps.errors import StorageError
from paretocaps.lock_file import LockTakenError, locked
from paretocaps.storage.address import parse_url, sqlite_file
from paretocaps.storage.artifacts import safe_name
from paretocaps.storage.database import Database

_PATIENCE = 0.2
"""Seconds to wait for a driver that is about to end."""


@contextmanager
def driver_lock(url: str, study: str) -> Iterator[None]:
    """Hold the lock to run `study` inside a `with` block.

    The lock is released however the process ends. For SQLite it is a system lock on the file
    `<database>.<study>.lock` next to the database; for PostgreSQL an advisory lock of its own session.

    Raises:
        StorageError: another process runs the study (the message names its pid), or the URL cannot be used.
    """
    path = sqlite_file(parse_url(url))
    with _file_lock(path, study) if path is not None else _server_lock(url, study):
        yield


@contextmanager
def _file_lock(database: Path, study: str) -> Iterator[None]:
    database = database.resolve()  # one lock per database, also if a link names it
    path = database.with_name(f"{database.name}.{safe_name(study)}.lock")
    with ExitStack() as held:
        try:
            held.enter_context(locked(path, _PATIENCE))
        except LockTakenError as taken:
            raise _taken(study, taken.owner) from None
        except OSError as error:
            raise StorageError(f"cannot lock study {study!r}: {str(path)!r}: {error.strerror}") from None
        # unlinked while still locked: a process that opened it in between notices that the file is another
        held.callback(path.unlink, missing_ok=True)
        yield


@contextmanager
def _server_lock(url: str, study: str) -> Iterator[None]:
    database = Database(url, create=False)
    number = int.from_bytes(hashlib.sha256(f"paretocaps {study}".encode()).digest()[:8], signed=True)
    try:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            owner = f"process {os.getpid()} on {socket.gethostname()}"
            connection.execute(text("SELECT set_config('application_name', :name, false)"), {"name": owner})
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": number}):
                raise _taken(study, _owner(connection, number))
            yield
    finally:
        database.close()


def _owner(connection: Connection, number: int) -> str:
    # PostgreSQL lists a 64-bit advisory lock as its upper and lower half
    unsigned = number % 2**64
    query = text(
        "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)"
        " WHERE locktype = 'advisory' AND granted AND objsubid = 1"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND classid::bigint = :upper AND objid::bigint = :lower"
    )
    halves = {"upper": unsigned >> 32, "lower": unsigned & 0xFFFFFFFF}
    return connection.scalar(query, halves) or "another process"


def _taken(study: str, owner: str) -> StorageError:
    return StorageError(f"{owner} is running study {study!r}: wait for it, stop it, or name another study")
