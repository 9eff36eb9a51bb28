"""Runs the command line and kills the process at one of its writes: `python -m harness.crash optimize ...`.

A write is a transaction that changes something, ours or Optuna's, of the thread that runs the study.
`CRASH_AT` is its number, from 1, and the side on which the process dies, as in `7-before` or `7-after` its
commit: so there is a point between any two. `CRASH_LIST` names a file that gets a line for each write, with
what it changes.
"""

import os
import re
import signal
import threading

from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from paretocaps.__main__ import main

CHANGE = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE)\s+(\w+)", re.IGNORECASE)
_changes: dict[int, list[str]] = {}
_writes = 0
_commit = DefaultDialect.do_commit


def _note(connection, cursor, statement, *_):
    if found := CHANGE.match(statement):
        _changes.setdefault(id(connection.connection.dbapi_connection), []).append(" ".join(found.groups()))


def _forget(connection):
    _changes.pop(id(connection.connection.dbapi_connection), None)


def _do_commit(dialect, connection):
    global _writes
    changes = _changes.pop(id(getattr(connection, "dbapi_connection", connection)), [])
    if not changes or threading.current_thread() is not threading.main_thread():
        _commit(dialect, connection)
        return
    _writes += 1
    if path := os.environ.get("CRASH_LIST"):
        with open(path, "a") as file:
            file.write(", ".join(dict.fromkeys(changes)) + "\n")
    _die("before")
    _commit(dialect, connection)
    _die("after")


def _die(side):
    if os.environ.get("CRASH_AT") == f"{_writes}-{side}":
        os.kill(os.getpid(), signal.SIGKILL)


def arm():
    """Let this process die where the environment says."""
    event.listen(Engine, "before_cursor_execute", _note)
    event.listen(Engine, "rollback", _forget)
    DefaultDialect.do_commit = _do_commit


if __name__ == "__main__":
    arm()
    main()
