"""An open database, with short transactions, one-line errors and a clean close."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from paretocaps.errors import (
    LostStorageError,
    ParetocapsError,
    StorageError,
    UnavailableError,
    UsageError,
)
from paretocaps.storage.address import parse_url, safe, sqlite_file
from paretocaps.storage.artifacts import artifacts_folder
from paretocaps.storage.connect import make_engine, refuse_foreign
from paretocaps.storage.faults import AGAIN, broken, explained, explaining_breaks
from paretocaps.storage.folders import Artifacts
from paretocaps.storage.patience import Patience
from paretocaps.storage.same_file import SameFile, State, state

T = TypeVar("T")
_CHECKPOINT_SECONDS = 1.0


class Database:
    """An engine, with the two kinds of transactions that the store uses.

    Args:
        url: the storage URL.
        create: whether a missing SQLite file may be made.
        patience: how long a transaction waits for a database that is away, locked or full. A server that does
            not answer the first time is an error at once, as its address may be wrong.
        artifacts: the folder for the files of new trainings; None for the one beside the database.

    Attributes:
        artifacts: the folders for weights and arrays; the first writer makes them.
        file: an SQLite database's file, which is checked before each write and each new connection.

    Raises:
        StorageError: the URL or the file cannot be used.
    """

    def __init__(
        self, url: str, *, create: bool, patience: Patience | None = None, artifacts: Path | None = None
    ) -> None:
        self.engine: Engine = make_engine(url, create=create)
        refuse_foreign(parse_url(url))
        home = artifacts_folder(url).absolute()
        new = home if artifacts is None else artifacts.absolute()
        self.set_artifacts(Artifacts(home, new, beside=sqlite_file(parse_url(url)) is not None))
        self.name = safe(self.engine.url)
        self.patience = patience or Patience()
        self.file: SameFile | None = None
        self._closed = False
        self._first_read()

    def set_artifacts(self, artifacts: Artifacts) -> None:
        """Use these folders for weights and arrays."""
        self.artifacts = artifacts
        self.engine.update_execution_options(artifacts=artifacts)

    def read(self, work: Callable[[Connection], T]) -> T:
        """Return the result of `work`, which reads one consistent state of the database.

        Raises:
            UnavailableError: the database was away or locked for longer than the patience.
            StorageError: it cannot be read.
        """
        return self._run(work, write=False)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction, and return its result: all that it writes is stored, or nothing.

        If the database goes away meanwhile, `work` runs again, so it must not depend on its first run.

        Raises:
            UnavailableError: the database was away, locked, full or read-only for longer than the patience.
            LostStorageError: its file was removed, replaced or damaged meanwhile.
            StorageError: one of its constraints forbids a row.
        """
        return self._run(work, write=True)

    def with_patience(self, patience: Patience) -> Self:
        """Return this database, on the same connections, with another patience."""
        other = copy(self)
        other.patience = patience
        return other

    def close(self) -> None:
        """Move an SQLite database's write-ahead log into its file, and drop the connections.

        Further calls change nothing.
        """
        if not self._closed and self.engine.dialect.name == "sqlite":
            self._checkpoint()
        self._closed = True
        self.engine.dispose()
        if self.file is not None:
            self.file.close()

    def verify(self) -> None:
        """Check that everything that was written can be read from an SQLite database's file.

        Raises:
            LostStorageError: the file was removed, replaced or damaged.
        """
        if self.file is not None:
            self.patience.ride(lambda: self._once(lambda _: None, write=True, verify=True))

    def _run(self, work: Callable[[Connection], T], *, write: bool) -> T:
        return self.patience.ride(lambda: self._once(work, write=write))

    def _once(
        self, work: Callable[[Connection], T], *, write: bool, verify: bool = False, again: bool = False
    ) -> T:
        try:
            with explaining_breaks(self.name):
                seen = self._inspected(verify, again=again) if write else None
                with self._transaction(write) as connection:
                    if not write or self._is_sure(connection, seen, again=again):
                        return work(connection)
        except DBAPIError as error:
            raise explained(self.name, error) from error
        except PoolTimeoutError as error:
            taken = f"storage {self.name!r}: all connections of this process are in use: wait for one{AGAIN}"
            raise UnavailableError(taken, "locked") from error
        except (OverflowError, UnicodeEncodeError) as error:  # by the driver, of a value that is looked for
            raise UsageError(f"a value that was given cannot be stored: {error}") from None
        return self._once(work, write=write, verify=verify, again=True)

    def _is_sure(self, connection: Connection, seen: tuple[State, State] | None, *, again: bool) -> bool:
        """Return whether the file is the one that was opened; if not, it is to be inspected `again`."""
        if self.file is None:
            return True
        self.file.check()
        if seen is None or self.file.fits(*seen, state(connection)):
            return True
        if again:
            raise self.file.overwritten()
        return False

    def _inspected(self, verify: bool, *, again: bool) -> tuple[State, State] | None:
        """Return what our connection sees and then what is in the file, where that is to be looked at.

        It is done outside of the write transaction, for which other processes may wait.
        """
        if self.file is None:
            return None
        self.file.check()
        if not (verify or again or self.file.due()):
            return None
        with self._transaction(write=False) as connection:
            before = state(connection)
        found = self.file.inspect(whole=verify)
        if found is None and again:
            self.file.doubt()
            raise UnavailableError(f"storage {self.name!r} cannot be read just now", "locked")
        return None if found is None else (before, found)

    @contextmanager
    def _transaction(self, write: bool) -> Iterator[Connection]:
        options: dict[str, Any] = {"write": write}
        if not write and self.engine.dialect.name == "postgresql":  # else each statement sees another state
            options["isolation_level"] = "REPEATABLE READ"
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    def _first_read(self) -> None:
        try:
            sound = self._once(_is_sound, write=False)
        except UnavailableError as error:
            if error.why == "away":
                raise
            sound = self.read(_is_sound)
        except LostStorageError as error:  # it was none when it was named: wrong use
            raise StorageError(str(error)) from error
        if not sound:
            raise StorageError(str(broken(self.name, "damaged")))
        path = sqlite_file(self.engine.url)
        if path is not None:
            self.file = SameFile(path, self.name)
            self.file.guard(self.engine)

    def _checkpoint(self) -> None:
        # if it fails, nothing is lost: the log next to the file is part of the database
        with suppress(sqlite3.OperationalError, StorageError), closing(self.engine.raw_connection()) as raw:
            # a process that still reads keeps the log, and the last one to close it empties it: wait briefly
            raw.cursor().execute(f"PRAGMA busy_timeout = {int(_CHECKPOINT_SECONDS * 1000)}")
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _is_sound(connection: Connection) -> bool:
    """Check all of an SQLite file, as a view that reads only sound pages would not meet the others."""
    sqlite = connection.dialect.name == "sqlite"
    return not sqlite or connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() == "ok"


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
        raise explained(safe(parse_url(url)), cause) from error
