"""An open database, with short transactions, one-line errors and a clean close."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, OperationalError

from paretocaps.errors import ParetocapsError, StorageError
from paretocaps.storage.address import parse_url, safe
from paretocaps.storage.artifacts import artifacts_folder
from paretocaps.storage.connect import make_engine, refuse_foreign

T = TypeVar("T")
BACK_OFF = (0.1, 0.5, 2.0)
"""Seconds to wait before each retry after a database server went away."""

_CHECKPOINT_SECONDS = 1.0
_REMEDIES = {  # by SQLite's error message
    "database or disk is full": "its disk is full: free some space, then run the same command again",
    "attempt to write a readonly database": "it is read-only: make it writable, or copy the file",
    "database disk image is malformed": "it is damaged, so nothing is read from it: put back a copy, or"
    " save what can be read with `sqlite3 FILE .recover`",
    "file is not a database": "it is not an SQLite database: name another file",
    "unable to open database file": "it cannot be opened with its log (the -wal file beside it): make its"
    " folder writable, or copy both",
}


class Database:
    """An engine, with the two kinds of transactions that the store uses.

    Args:
        url: the storage URL.
        create: whether a missing SQLite file may be made.

    Raises:
        StorageError: the URL or the file cannot be used.
    """

    def __init__(self, url: str, *, create: bool) -> None:
        self.engine: Engine = make_engine(url, create=create)
        refuse_foreign(parse_url(url))
        self.artifacts = artifacts_folder(url).absolute()
        """The folder for weights and arrays; the first writer makes it."""
        self.engine.update_execution_options(artifacts=self.artifacts)
        self.name = safe(self.engine.url)
        self._closed = False
        self._pauses: tuple[float, ...] = ()
        self.read(_refuse_damaged)
        # a wrong address is an error at once; a server that has answered before is tried again
        self._pauses = BACK_OFF

    def read(self, work: Callable[[Connection], T]) -> T:
        """Return the result of `work`, which reads one consistent state of the database.

        Raises:
            StorageError: the database cannot be reached or read.
        """
        return self._run(work, write=False)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction, and return its result: all that it writes is stored, or nothing.

        If a database server goes away meanwhile, `work` runs again, so it must not depend on its first run.

        Raises:
            StorageError: the database cannot be reached or written, or one of its constraints forbids a row.
        """
        return self._run(work, write=True)

    def close(self) -> None:
        """Move an SQLite database's write-ahead log into its file, and drop the connections.

        Further calls change nothing.
        """
        if not self._closed and self.engine.dialect.name == "sqlite":
            self._checkpoint()
        self._closed = True
        self.engine.dispose()

    def _run(self, work: Callable[[Connection], T], *, write: bool) -> T:
        pauses = iter(self._pauses)
        while True:
            try:
                with self.engine.connect().execution_options(write=write) as connection, connection.begin():
                    return work(connection)
            except DBAPIError as error:
                pause = next(pauses, None) if self._went_away(error) else None
                if pause is None:
                    raise _explained(self.name, error) from error
            time.sleep(pause)

    def _went_away(self, error: DBAPIError) -> bool:
        # SQLite retries by itself, within its busy timeout
        server = self.engine.dialect.name != "sqlite"
        return error.connection_invalidated or (server and isinstance(error, OperationalError))

    def _checkpoint(self) -> None:
        # if it fails, nothing is lost: the log next to the file is part of the database
        with suppress(sqlite3.OperationalError), closing(self.engine.raw_connection()) as raw:
            # a process that still reads keeps the log, and the last one to close it empties it: wait briefly
            raw.cursor().execute(f"PRAGMA busy_timeout = {int(_CHECKPOINT_SECONDS * 1000)}")
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _refuse_damaged(connection: Connection) -> None:
    """Check all of an SQLite file, as a view that reads only sound pages would not meet the others."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if found != "ok":
            raise DatabaseError(None, None, sqlite3.DatabaseError("database disk image is malformed"))


@contextmanager
def refusing_duplicates(message: str) -> Iterator[None]:
    """Turn the error of inserting an existing row into one with `message`.

    Raises:
        StorageError: the row already exists.
    """
    try:
        yield
    except IntegrityError as error:
        raise StorageError(message) from error


@contextmanager
def explaining(url: str) -> Iterator[None]:
    """Turn the database errors of any library on the database at `url` into one-line errors.

    Raises:
        StorageError: the database cannot be reached, read or written.
    """
    try:
        yield
    except ParetocapsError:
        raise
    except Exception as error:
        cause = error if isinstance(error, DBAPIError) else error.__cause__
        if not isinstance(cause, DBAPIError):
            raise
        raise _explained(safe(parse_url(url)), cause) from error


def _explained(name: str, error: DBAPIError) -> StorageError:
    line = _one_line(error)
    return StorageError(f"storage {name!r}: {_REMEDIES.get(line, line)}")


def _one_line(error: DBAPIError) -> str:
    text = str(error.orig) if error.orig is not None else str(error)
    return text.strip().splitlines()[0] if text.strip() else type(error).__name__
