"""One open database: short transactions, one-line errors, and a tidy end."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from paretocaps.errors import ParetocapsError, StorageError
from paretocaps.storage.artifacts import artifacts_folder
from paretocaps.storage.connect import make_engine, parse_url, safe

T = TypeVar("T")
BACK_OFF = (0.1, 0.5, 2.0)
"""Seconds to wait before each new try at a database server that went away."""

_CHECKPOINT_SECONDS = 1.0
_REMEDIES = {  # by SQLite's words
    "database or disk is full": "its disk is full: free some space, then run the same command again",
    "attempt to write a readonly database": "it is read-only: make it writable, or copy the file",
    "unable to open database file": "it cannot be opened with its log (the -wal file beside it): make its"
    " folder writable, or copy both",
}


class Database:
    """An engine, and the two ways in which the store uses it.

    Args:
        url: the storage URL.
        create: whether a missing SQLite file may be made.

    Raises:
        StorageError: the URL or the file cannot be used.
    """

    def __init__(self, url: str, *, create: bool) -> None:
        self.engine: Engine = make_engine(url, create=create)
        self.artifacts = artifacts_folder(url).absolute()
        """The folder for weights and arrays; it is made by whoever writes there."""
        self.engine.update_execution_options(artifacts=self.artifacts)
        self.name = safe(self.engine.url)
        self._closed = False
        self._pauses: tuple[float, ...] = ()
        self.read(lambda connection: None)
        # an address that was wrong is said at once; one that was right is tried again
        self._pauses = BACK_OFF

    def read(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` reads, in one consistent state of the database.

        Raises:
            StorageError: the database cannot be reached or read.
        """
        return self._run(work, write=False)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction: all of what it writes is kept, or nothing.

        Where a database server goes away meanwhile, `work` runs again, so it must not depend on
        what it did before.

        Raises:
            StorageError: the database cannot be reached or written, or a constraint of it forbids the row.
        """
        return self._run(work, write=True)

    def close(self) -> None:
        """Move an SQLite database's write-ahead log into its file, and drop the connections.

        Doing it again changes nothing.
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
        # SQLite's busy timeout is its own way of trying again
        server = self.engine.dialect.name != "sqlite"
        return error.connection_invalidated or (server and isinstance(error, OperationalError))

    def _checkpoint(self) -> None:
        # where it cannot be done nothing is lost: the log beside the file is part of the database
        with suppress(sqlite3.OperationalError), closing(self.engine.raw_connection()) as raw:
            # whoever still reads keeps the log alive, and the last to close it empties it: do not wait long
            raw.cursor().execute(f"PRAGMA busy_timeout = {int(_CHECKPOINT_SECONDS * 1000)}")
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def refusing_duplicates(message: str) -> Iterator[None]:
    """Let a row inserted inside that is there already be an error with `message`.

    Raises:
        StorageError: there is such a row.
    """
    try:
        yield
    except IntegrityError as error:
        raise StorageError(message) from error


@contextmanager
def explaining(url: str) -> Iterator[None]:
    """Let what goes wrong inside with the database at `url`, by whatever library, be one line.

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
