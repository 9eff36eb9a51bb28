import random
import signal
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from paretocaps.errors import LostStorageError, StorageError, UnavailableError
from paretocaps.storage.database import Database, explaining, refusing_duplicates
from paretocaps.storage.patience import Patience
from paretocaps.storage.schema import STUDIES, now
from paretocaps.uninterrupted import interrupt


def add(name):
    return lambda connection: (
        connection.execute(insert(STUDIES).values(name=name, spec={}, created=now())).rowcount
    )


def count(connection):
    return connection.scalar(select(func.count()).select_from(STUDIES))


@pytest.fixture
def database(url):
    opened = Database(url, create=False)
    yield opened
    opened.close()


def test_a_transaction_that_raises_leaves_nothing(database):
    def work(connection):
        add("half")(connection)
        raise KeyError("half-way")

    with pytest.raises(KeyError):
        database.write(work)
    assert database.read(count) == 1


def test_a_reader_sees_one_state(database, url):
    other = Database(url, create=False)

    def work(connection):
        before = count(connection)
        other.write(add("meanwhile"))
        return before, count(connection)

    assert database.read(work) == (1, 1)
    assert database.read(count) == 2
    other.close()


def test_closing_leaves_one_file(database, url):
    folder = Path(url.removeprefix("sqlite:///")).parent
    database.write(add("a"))
    assert [path.name for path in folder.iterdir()] != ["paretocaps.db"]
    database.close()
    assert [path.name for path in folder.iterdir()] == ["paretocaps.db"]


@pytest.mark.slow
def test_closing_beside_an_open_reader_keeps_what_was_written(database, url):
    reader = sqlite3.connect(url.removeprefix("sqlite:///"))
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM paretocaps_studies").fetchone() == (1,)
    database.write(add("a"))
    database.close()
    reader.rollback()
    assert reader.execute("SELECT count(*) FROM paretocaps_studies").fetchone() == (2,)
    reader.close()


def test_an_error_of_the_driver_is_one_line(database):
    with pytest.raises(StorageError, match=r"storage 'sqlite:///.*': no such table: nowhere"):
        database.read(lambda connection: connection.exec_driver_sql("SELECT * FROM nowhere"))


def test_a_damaged_file_is_said(url):
    path = url.removeprefix("sqlite:///")
    with open(path, "r+b") as stream:
        stream.seek(20)
        stream.write(b"\xff" * 3000)
    with pytest.raises(StorageError, match="storage 'sqlite:"):
        Database(url, create=False).read(count)


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_file_of_which_a_part_is_damaged_is_refused_whole(database, url, part):
    database.write(lambda connection: [add(f"{number}")(connection) for number in range(300)])
    database.close()
    path = Path(url.removeprefix("sqlite:///"))
    with path.open("r+b") as stream:
        stream.seek(int(path.stat().st_size * part) // 4096 * 4096)
        stream.write(b"\xff" * 4096)
    with pytest.raises(StorageError, match=r"it is damaged, .*put back a copy"):
        Database(url, create=False)


def fail_inserts(database, times, code=sqlite3.SQLITE_BUSY):
    """Let the next statements meet an error of SQLite."""
    left = [times]

    @event.listens_for(database.engine, "do_execute")
    def fail(cursor, statement, parameters, context):
        if left[0] and "INSERT" in statement:
            left[0] -= 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = code
            raise error


def opened(url, **patience):
    return closing(Database(url, create=False, patience=Patience(pause=lambda seconds: None, **patience)))


def test_a_write_is_tried_again_while_the_database_is_locked(url):
    with opened(url) as database:
        fail_inserts(database, times=7)
        assert database.write(add("a")) == 1
        assert database.read(count) == 2


def test_a_signal_at_any_moment_of_a_write_leaves_no_connection_and_no_lock(url):
    moments = random.Random(0)
    writer, other = (Database(url, create=False, patience=Patience(0)) for _ in range(2))

    def write_until_a_signal(number):
        signal.setitimer(signal.ITIMER_REAL, moments.uniform(1e-5, 5e-3))
        for write in range(10_000):
            writer.write(add(f"{number}-{write}"))

    before = signal.signal(signal.SIGALRM, lambda *_: interrupt(at_once=False))
    try:
        for number in range(300):  # of bare writes, one in fifty leaves something open
            with pytest.raises(KeyboardInterrupt):
                write_until_a_signal(number)
            assert writer.engine.pool.checkedout() == 0
            other.write(add(f"other {number}"))
    finally:
        signal.signal(signal.SIGALRM, before)
        writer.close()
        other.close()


def test_a_pool_without_a_free_connection_is_told(url):
    database = Database(url, create=False, patience=Patience(0))
    database.engine.pool._timeout = 0.01
    with ExitStack() as held:
        for _ in range(15):
            held.enter_context(database.engine.connect())
        with pytest.raises(UnavailableError, match="all connections of this process are in use") as caught:
            database.read(count)
    assert caught.value.why == "locked"
    assert database.read(count) == 1
    database.close()


def test_it_is_not_tried_for_ever(url):
    with opened(url, seconds=0) as database:
        fail_inserts(database, times=1)
        with pytest.raises(UnavailableError, match="another program holds its lock: end that") as caught:
            database.write(add("a"))
        assert (caught.value.why, caught.value.exit_code) == ("locked", 1)
        assert database.read(count) == 1


def test_a_damaged_page_ends_a_write_at_once(url):
    with opened(url) as database:
        fail_inserts(database, times=1, code=sqlite3.SQLITE_CORRUPT)
        with pytest.raises(LostStorageError, match="put back a copy"):
            database.write(add("a"))


def test_nothing_is_written_to_a_file_that_was_removed(database, url):
    path = Path(url.removeprefix("sqlite:///"))
    database.write(add("a"))
    path.unlink()
    with pytest.raises(LostStorageError, match="its file was removed .*run the same command again"):
        database.write(add("b"))
    database.engine.dispose()  # a new connection would make an empty file
    with pytest.raises(LostStorageError, match="its file was removed"):
        database.read(count)
    assert not path.exists()


def test_nothing_is_written_to_a_file_that_was_replaced(database, url):
    path = Path(url.removeprefix("sqlite:///"))
    path.rename(path.with_suffix(".aside"))
    path.write_bytes(b"another")
    with pytest.raises(LostStorageError, match="another file took the place"):
        database.write(add("b"))
    assert path.read_bytes() == b"another"


def test_a_full_disk_is_one_line_with_the_remedy_and_nothing_is_half_written(database):

    def no_more_pages(connection, record):
        connection.execute("PRAGMA max_page_count = 1")  # no less than there are

    event.listen(database.engine, "connect", no_more_pages)
    database.engine.dispose()
    with pytest.raises(
        StorageError, match=r"its disk is full.*: free some space, then run the same"
    ) as caught:
        database.write(lambda connection: [add(f"{number}{'x' * 500}")(connection) for number in range(1000)])
    assert "\n" not in str(caught.value)
    event.remove(database.engine, "connect", no_more_pages)
    assert database.read(count) == 1


def test_what_another_library_runs_into_is_explained_too(url):
    def wrap():
        try:
            with create_engine(url).connect() as connection:
                connection.execute(text("SELECT * FROM x"))
        except DBAPIError as error:
            raise RuntimeError("wrapped") from error

    with pytest.raises(StorageError, match="^storage '.*': no such table: x$"), explaining(url):
        wrap()
    with pytest.raises(KeyError), explaining(url):
        raise KeyError("not the database")


def test_a_row_that_is_there_already_is_said_as_asked(database):
    def insert(connection):
        with refusing_duplicates("choose another name"):
            connection.execute(text("INSERT INTO t VALUES (1)"))

    database.write(lambda connection: connection.execute(text("CREATE TABLE t (id INTEGER PRIMARY KEY)")))
    database.write(insert)
    with pytest.raises(StorageError, match="^choose another name$"):
        database.write(insert)
    with pytest.raises(StorageError, match="UNIQUE constraint failed"):
        database.write(lambda connection: connection.execute(text("INSERT INTO t VALUES (1)")))
