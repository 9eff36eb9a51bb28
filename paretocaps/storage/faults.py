"""Tells from the error of a database's driver what is wrong with the database, and what the user can do."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, OperationalError, PendingRollbackError

from paretocaps.errors import LostStorageError, StorageError, UnavailableError, Why
from paretocaps.storage.address import safe

Broken = Literal["damaged", "moved"]
Fault = Why | Broken

_SQLITE: Mapping[int, Fault] = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_PROTOCOL: "locked",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "full",  # SQLite's word for a quota, and for no room for the index of its log
    sqlite3.SQLITE_IOERR_SHORT_READ: "damaged",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_READONLY_DBMOVED: "moved",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}
"""Faults by SQLite's error code; one that is not listed has the fault of its primary code (its low byte)."""
_SERVER: Mapping[str, Fault] = {
    "40001": "locked",  # serialization failure
    "40P01": "locked",  # deadlock
    "55P03": "locked",  # lock not available
    "53100": "full",
    "25006": "read-only",  # the server is a standby
}
"""Faults by SQLSTATE; every other operational error of a server means that it is away."""
AGAIN = ", then run the same command again"
"""What remedies of a fault that may pass end with; whoever waits for the database need not do that."""
_TEXTS: Mapping[Fault, str] = {
    "away": "{line}: start the server, or wait until it answers" + AGAIN,
    "locked": "{line}: another program holds its lock: end that program" + AGAIN,
    "full": "its disk is full: free some space" + AGAIN,
    "read-only": "it is read-only: make it writable, or copy the file",
    "damaged": "it is damaged, so nothing is read from it: put back a copy, or save what can be read with"
    " `sqlite3 FILE .recover`, or move it away, with the files beside it, and run the same"
    " `paretocaps optimize` again: what was measured lies in the artifacts folder and is taken in",
    "moved": "the file was moved while it was open: put it back" + AGAIN,
}
_LINES: Mapping[str, str] = {
    "disk I/O error": "its disk is full, over its quota, read-only or broken (disk I/O error): free some"
    " space, or make it writable" + AGAIN,
    "canceling statement due to lock timeout": "another session has held a lock on it for some seconds"
    " (canceling statement due to lock timeout): wait until that has ended, or end it" + AGAIN,
    "file is not a database": "it is not an SQLite database: name another file, or put back a copy of it",
    "unable to open database file": "it cannot be opened with its log (the -wal file beside it): make its"
    " folder writable, or copy both",
}
"""Texts by the driver's message, where that says more than the fault."""


def explained(name: str, error: DBAPIError) -> StorageError:
    """Return an error of the database `name` as a line that says what is wrong and what can be done.

    It is an UnavailableError if it may pass, and a LostStorageError if the file is damaged.
    """
    line, fault = _one_line(error), _fault(error)
    if fault is None:
        return StorageError(f"storage {name!r}: {_LINES.get(line, line)}")
    if fault == "damaged" or fault == "moved":
        return broken(name, fault, line)
    return UnavailableError(f"storage {name!r}: {_text(fault, line)}", fault)


def broken(name: str, fault: Broken, line: str = "") -> LostStorageError:
    """Return the error of a database file that is damaged, or no longer where it was."""
    return LostStorageError(f"storage {name!r}: {_text(fault, line)}")


@contextmanager
def explaining_breaks(name: str) -> Iterator[None]:
    """Explain a connection that broke in its transaction, of which SQLAlchemy says only that it cannot go on.

    Raises:
        UnavailableError: the connection broke.
    """
    try:
        yield
    except PendingRollbackError as error:
        message = f"storage {name!r}: {_text('away', 'the connection broke')}"
        raise UnavailableError(message, "away") from error


def explain_faults(engine: Engine) -> None:
    """Let `engine` raise `explained` errors where the database has a fault.

    So a library that uses the engine tries nothing again by itself. Other errors stay as they are.
    """

    @event.listens_for(engine, "handle_error")
    def explain(context: ExceptionContext) -> None:
        error = context.sqlalchemy_exception
        if context.is_pre_ping or not isinstance(error, DBAPIError):
            return
        error.connection_invalidated |= context.is_disconnect
        if _fault(error) is not None:
            raise explained(safe(engine.url), error)


def _text(fault: Fault, line: str) -> str:
    return _LINES.get(line) or _TEXTS[fault].format(line=line)


def _fault(error: DBAPIError) -> Fault | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE.get(code) or _SQLITE.get(code & 0xFF)
    if isinstance(error.orig, sqlite3.Error):
        return None
    state = getattr(error.orig, "sqlstate", None) or getattr(
        error.orig, "pgcode", None
    )  # of psycopg, of psycopg2
    fault = _SERVER.get(state or "")
    away = error.connection_invalidated or isinstance(error, OperationalError)
    return fault or ("away" if away else None)


def _one_line(error: DBAPIError) -> str:
    text = str(error.orig) if error.orig is not None else str(error)
    return text.strip().splitlines()[0] if text.strip() else type(error).__name__
