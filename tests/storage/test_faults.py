import sqlite3

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    PendingRollbackError,
    ProgrammingError,
)

from paretocaps.errors import LostStorageError, StorageError, UnavailableError
from paretocaps.storage.faults import broken, explain_faults, explained, explaining_breaks


def sqlite_error(code, line="line"):
    error = sqlite3.OperationalError(line)
    error.sqlite_errorcode = code
    return OperationalError("SELECT", {}, error)


class ServerError(Exception):
    sqlstate = None

    def __init__(self, sqlstate=None, **more):
        super().__init__("first line\nsecond line")
        self.sqlstate = sqlstate
        vars(self).update(more)


@pytest.mark.parametrize(
    ("code", "why", "said"),
    [
        (sqlite3.SQLITE_BUSY, "locked", "another program holds its lock"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "locked", "another program holds its lock"),
        (sqlite3.SQLITE_FULL, "full", "free some space, then run the same command again"),
        (sqlite3.SQLITE_IOERR_WRITE, "full", "free some space, then run the same command again"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "read-only", "make it writable"),
    ],
)
def test_what_may_pass(code, why, said):
    found = explained("a.db", sqlite_error(code))
    assert isinstance(found, UnavailableError)
    assert (found.why, found.exit_code) == (why, 1)
    assert str(found).startswith("storage 'a.db': ")
    assert said in str(found)


@pytest.mark.parametrize(
    "code",
    [
        *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT_INDEX),
        *(sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_READONLY_DBMOVED),
    ],
)
def test_what_does_not_pass(code):
    assert isinstance(explained("a.db", sqlite_error(code)), LostStorageError)
    assert "put back a copy" in str(broken("a.db", "damaged"))


def test_other_errors_have_no_fault():
    found = explained("a.db", sqlite_error(sqlite3.SQLITE_ERROR, "no such table: x"))
    assert type(found) is StorageError
    assert str(found) == "storage 'a.db': no such table: x"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OperationalError(None, None, ServerError()), "away"),
        (OperationalError(None, None, ServerError("57P01")), "away"),
        (InterfaceError(None, None, ServerError(), connection_invalidated=True), "away"),
        (OperationalError(None, None, ServerError("40P01")), "locked"),
        (OperationalError(None, None, ServerError("53100")), "full"),
        (OperationalError(None, None, ServerError(pgcode="55P03")), "locked"),  # of psycopg2
        (ProgrammingError(None, None, ServerError("25006")), "read-only"),
        (ProgrammingError(None, None, ServerError("42P01")), None),
    ],
)
def test_the_faults_of_a_server(error, why):
    found = explained("s", error)
    assert getattr(found, "why", None) == why
    assert "\n" not in str(found)


def test_a_connection_that_broke_in_its_transaction_is_away():
    with pytest.raises(UnavailableError, match="the connection broke: start the"), explaining_breaks("s"):
        raise PendingRollbackError("Can't reconnect until invalid transaction is rolled back")


def test_an_engine_raises_its_faults_explained_and_its_other_errors_as_they_are(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}", connect_args={"timeout": 0})
    explain_faults(engine)
    with engine.connect() as one, engine.connect() as two:
        one.execute(text("CREATE TABLE t (id INTEGER PRIMARY KEY)"))
        one.execute(text("INSERT INTO t VALUES (1)"))
        with pytest.raises(UnavailableError, match="another program holds its lock"):
            two.execute(text("CREATE TABLE u (id INTEGER PRIMARY KEY)"))
        one.commit()
        two.rollback()
        with pytest.raises(IntegrityError):
            two.execute(text("INSERT INTO t VALUES (1)"))
    engine.dispose()
