"""Notices that an open database file was removed, replaced, or overwritten by something other than SQLite."""

import ctypes
import math
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, event, text

from paretocaps.errors import LostStorageError
from paretocaps.storage.faults import broken

_TAKEN_IN = "what was measured lies in the artifacts folder and is taken in"
_SHARE = 50  # a file is checked whole in one part of so many of a run's time, at most
State: TypeAlias = tuple[int | None, ...]
"""The highest numbers of rows, which grow unless a study is deleted."""
_STATE = "SELECT (SELECT max(id) FROM paretocaps_attempts), (SELECT max(id) FROM paretocaps_drivers)"


class SameFile:
    """The file that stands at a path now.

    If another one takes its place, SQLite would go on with the one that it opened, to which no path leads any
    more: all that is written to it is lost when the process ends.

    Args:
        path: the database file.
        name: the storage as messages name it.

    Raises:
        OSError: there is no such file.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        self._identity = _identity(path)
        self._anchor: sqlite3.Connection | None = None
        self._written: tuple[int, int] | None = None
        self._due = 0.0
        self._loss: LostStorageError | None = None

    def guard(self, engine: Engine) -> None:
        """Check the file before each new connection of `engine`: SQLite would make an empty one."""

        @event.listens_for(engine, "do_connect")
        def check(*_: Any) -> None:
            self.check()

    def hold(self) -> None:
        """Hold a connection of its own from now on, until `close`, and check the content, too."""
        self._anchor = self._connection()
        self._anchor.execute("SELECT count(*) FROM sqlite_master").fetchone()
        self._written = _written(self._path)

    def check(self) -> None:
        """Check that the file stands there still; it is not opened.

        Raises:
            LostStorageError: it was removed, or another file has taken its place, or an earlier check failed.
        """
        if self._loss is not None:
            raise self._loss
        try:
            same = _identity(self._path) == self._identity
        except FileNotFoundError:
            raise self._lost("its file was removed while it was open") from None
        except OSError:  # it cannot be looked at; SQLite says what is wrong
            return
        if not same:
            raise self._lost("another file took the place of the one that was open")

    def due(self) -> bool:
        """Return whether the content is to be checked: it was written since, and that takes little time."""
        try:
            changed = self._written != _written(self._path)
        except OSError:  # `check` says what is wrong
            return False
        return changed and self._anchor is not None and time.monotonic() >= self._due

    def doubt(self) -> None:
        """Let the content be checked before the next write."""
        self._written, self._due = None, 0.0

    def inspect(self, *, whole: bool = False) -> State | None:
        """Check all of the file, as SQLite writes to it now and then, and return its state.

        The pages in SQLite's memory would hide that the file has others. Nobody waits for the check. The next
        one is due when it takes little of the run's time. None is returned of a file that cannot be read now.

        Args:
            whole: whether to compare tables with their indexes, too, which takes more than twice as long.

        Raises:
            LostStorageError: the file is damaged.
        """
        began = time.monotonic()
        self._due = math.inf  # other threads need not check it meanwhile
        try:
            self._written = _written(self._path)
            with closing(self._connection()) as fresh:
                check = "PRAGMA integrity_check(1)" if whole else "PRAGMA quick_check(1)"
                sound = fresh.execute(check).fetchone() == ("ok",)
                state = fresh.execute(_STATE).fetchone() if sound else None
        except (OSError, sqlite3.OperationalError):  # removed, or locked for want of a write-ahead log
            return None
        except sqlite3.DatabaseError:
            sound = False
        finally:
            self._due = time.monotonic() + _SHARE * (time.monotonic() - began)
        if not sound:
            raise self._kept_open(broken(self._name, "damaged"))
        return state

    def fits(self, before: State, found: State, after: State) -> bool:
        """Return whether what an inspection found lies between what a connection saw before and after it.

        If not, a study was deleted meanwhile, which takes rows away, or it is the content of another
        database: then a second inspection does not fit, either.
        """
        counts = zip(before, found, after, strict=True)
        return all((low or 0) <= (here or 0) <= (high or 0) for low, here, high in counts)

    def overwritten(self) -> LostStorageError:
        """Return the error of a file with the content of another database, which is raised from now on."""
        return self._lost("its file was overwritten while it was open")

    def close(self) -> None:
        """Close the connection that is held; the last one that is closed empties and removes SQLite's log."""
        if self._anchor is not None:
            self._anchor.close()
            self._anchor = None

    def _connection(self) -> sqlite3.Connection:
        address = f"{self._path.absolute().as_uri()}?mode=rw"
        return sqlite3.connect(address, uri=True, check_same_thread=False)

    def _lost(self, what: str) -> LostStorageError:
        error = LostStorageError(f"storage {self._name!r}: {what}: run the same command again: {_TAKEN_IN}")
        return self._kept_open(error)

    def _kept_open(self, error: LostStorageError) -> LostStorageError:
        # the last connection that is closed would write to a file that is not sound, or remove the log of
        # another process, which stands at the same path: one stays open until the process has ended
        self._loss = error
        if self._anchor is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._anchor))
            self._anchor = None
        return error


def state(connection: Connection) -> State:
    """Return the state that a connection of an engine sees."""
    return tuple(connection.execute(text(_STATE)).one())


def _identity(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


def _written(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_size, found.st_mtime_ns
