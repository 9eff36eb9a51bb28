"""Opens databases, with one-line errors, the same way for Optuna's tables and ours."""

import errno
import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL

from paretocaps.errors import StorageError
from paretocaps.storage.address import parse_url, safe, sqlite_file
from paretocaps.storage.faults import explain_faults
from paretocaps.storage.schema import PREFIX
from paretocaps.writing import private_file, private_folder

BUSY_SECONDS = 30.0
"""How long SQLite itself waits for a lock."""
TRY_SECONDS = 0.25
"""How long it waits where `Patience` tries again, which does something else meanwhile."""
_PSYCOPG = ("psycopg", "psycopg2")
_NOTICING = {
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""Settings of libpq by which it notices within half a minute that a server's machine is gone, in s and ms."""
LOCK_TIMEOUT = "5s"
"""How long PostgreSQL waits for a lock, where nothing else is set; then `Patience` tries again."""
_BOUND_WAITS = (
    f"SELECT set_config('lock_timeout', '{LOCK_TIMEOUT}', false) WHERE current_setting('lock_timeout') = '0'"
)
_OPTUNA = {
    *("alembic_version", "version_info", "studies", "study_directions", "study_user_attributes"),
    *("study_system_attributes", "trials", "trial_user_attributes", "trial_system_attributes"),
    *("trial_params", "trial_values", "trial_intermediate_values", "trial_heartbeats"),
}
"""The tables that Optuna makes."""


def engine_arguments(url: str) -> dict[str, Any]:
    """Return the keyword arguments of `create_engine` for `url`, which Optuna's RDBStorage takes too.

    Pass them as `RDBStorage(optuna_url(url), engine_kwargs=engine_arguments(url))`, then call
    `prepare_engine` with its engine.

    Raises:
        StorageError: as `parse_url`.
    """
    parsed = parse_url(url)
    if sqlite_file(parsed) is None:
        own = _NOTICING if parsed.get_driver_name() in _PSYCOPG else {}
        unset = {name: value for name, value in own.items() if name not in parsed.query}
        return {"pool_pre_ping": True, "connect_args": unset}
    return {"connect_args": {"timeout": BUSY_SECONDS}}


def optuna_url(url: str) -> str:
    """Return `url` as Optuna's RDBStorage takes it: always a URL, with its password, and braces doubled.

    RDBStorage fills in what is in braces.

    Raises:
        StorageError: as `parse_url`.
    """
    text = parse_url(url).render_as_string(hide_password=False)
    return text.replace("{", "{{").replace("}", "}}")


def prepare_engine(engine: Engine, busy: float = BUSY_SECONDS) -> Engine:
    """Let `engine`, ours or Optuna's, explain its faults, and give all SQLite connections the same settings.

    They are the write-ahead log (readers and the writer do not wait for each other), a busy timeout, and
    enforced foreign keys. PostgreSQL's get a timeout of locks. Connections that are already open are dropped.

    Args:
        engine: an engine that was not prepared before; it is returned.
        busy: how many seconds SQLite waits for a lock.
    """
    explain_faults(engine)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: _settle(connection, busy))
        engine.dispose()
    elif engine.dialect.name == "postgresql" and engine.driver in _PSYCOPG:
        event.listen(engine, "connect", lambda connection, _: _bound_waits(connection))
        engine.dispose()
    return engine


def make_engine(url: str, *, create: bool) -> Engine:
    """Return an engine for our own tables, after all checks that need no connection.

    Transactions are explicit: with the execution option `write`, a transaction takes SQLite's write lock
    at its start, so it cannot fail halfway because another process wrote in between.

    Args:
        url: the storage URL.
        create: whether a missing SQLite file, and its folder, may be made. With it, a file that cannot be
            written is refused; without it, such a file is opened for reading only.

    Raises:
        StorageError: the URL or the file cannot be used.
    """
    parsed = parse_url(url)
    arguments = engine_arguments(url)
    path = sqlite_file(parsed)
    if path is None:
        return prepare_engine(create_engine(parsed, **arguments))
    check_file(parsed, create=create)
    if create:
        refuse_read_only(url)
        _refuse_hard_links(parsed, path)
        with suppress(OSError):  # SQLite says what is wrong
            private_file(path)  # SQLite gives its log and journal the file's own rights
    elif _read_only_places(path):
        return _reading_engine(path)
    arguments["connect_args"]["isolation_level"] = None  # Python's own BEGIN is deferred and comes late
    # the path is absolute, because the process may change its working directory between two connections
    engine = create_engine(parsed.set(database=str(path.absolute())), **arguments)
    prepare_engine(engine, TRY_SECONDS)
    event.listen(engine, "begin", _begin)
    return engine


def check_file(url: URL, *, create: bool) -> None:
    """Check the file of an SQLite URL; with `create`, make its folder if it is missing.

    The file is not opened: closing it would drop the locks (POSIX) of all connections that this process has
    to it, and other processes would then remove the log that is still in use. SQLite checks the content.

    Raises:
        StorageError: the path is a folder, is missing (without `create`), or cannot be made or read.
    """
    path = Path(url.database or "")
    where = f"storage {safe(url)!r}"
    try:
        if path.is_dir():
            file = path / "paretocaps.db"
            raise StorageError(f"{where}: {str(path)!r} is a folder: name a file in it, {file}")
        if not path.exists() and not create:
            raise StorageError(
                f"{where}: there is no file {str(path)!r}: run `paretocaps optimize`, which makes it,"
                " or name another with --storage"
            )
        if create:
            private_folder(path.parent)
        if path.exists() and not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    except OSError as error:
        raise StorageError(f"{where}: {error.filename!r} cannot be used: {error.strerror}") from None


def refuse_foreign(url: URL) -> None:
    """Refuse the file of an SQLite URL that another program made, before anything is changed in it.

    Ours has our tables, or only Optuna's; so has a new or empty one, which has none.

    Raises:
        StorageError: the file has tables, and all of them, or all but Optuna's, are another program's.
    """
    path = Path(url.database or "")
    if sqlite_file(url) is None or not path.exists() or path.stat().st_size == 0:
        return
    with closing(_reader(path.resolve())) as connection, suppress(sqlite3.Error):  # the engine meets it, too
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        foreign = sorted(set(names) - _OPTUNA - {"sqlite_sequence", "sqlite_stat1", "sqlite_stat4"})
        if foreign and not any(name.startswith(PREFIX) for name in names):
            listed = ", ".join(foreign[:3]) + (", ..." if len(foreign) > 3 else "")
            raise StorageError(
                f"storage {safe(url)!r} belongs to another program (it has the tables {listed}):"
                " nothing was changed; name another file"
            )


def refuse_read_only(url: str) -> None:
    """Refuse an SQLite URL whose file or folder exists but cannot be written.

    Raises:
        StorageError: the file or its folder is read-only, or the URL cannot be used.
    """
    parsed = parse_url(url)
    path = sqlite_file(parsed)
    for place in _read_only_places(path) if path else ():
        where = f"storage {safe(parsed)!r}: {str(place)!r}"
        raise StorageError(f"{where} is read-only: make it writable, or copy the file")


def _refuse_hard_links(url: URL, path: Path) -> None:
    """Refuse to write to a file with another name: under each, SQLite keeps a log of its own beside it."""
    if path.exists() and path.stat().st_nlink > 1:
        raise StorageError(
            f"storage {safe(url)!r}: the file has another name (a hard link), and a database that is written"
            " under two names is damaged: remove one, or make a copy or a symbolic link instead"
        )


def _read_only_places(path: Path) -> list[Path]:
    return [place for place in (path, path.parent) if place.exists() and not os.access(place, os.W_OK)]


def _reading_engine(path: Path) -> Engine:
    """Return an engine that only reads `path`, and makes no file next to it.

    SQLite opens a file in write-ahead mode only if it finds or can make the log's index. A file without a
    log, which no process has open for writing, is therefore opened as immutable. Such an engine must be
    short-lived, because it would not notice later changes.
    """
    path = path.resolve()  # the log is next to the file, not next to a link to it
    engine = create_engine(URL.create("sqlite", database=str(path)), creator=lambda: _reader(path))
    explain_faults(engine)
    event.listen(engine, "begin", _begin)
    return engine


def _reader(path: Path) -> sqlite3.Connection:
    log = path.with_name(path.name + "-wal")
    mode = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
    return sqlite3.connect(
        f"{path.as_uri()}?{mode}",
        uri=True,
        timeout=TRY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def _settle(connection: Any, busy: float) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(busy * 1000)}")
    cursor.execute("PRAGMA foreign_keys = ON")
    _use_write_ahead_log(cursor, busy)
    cursor.close()


def _bound_waits(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BOUND_WAITS)
    connection.commit()


def _use_write_ahead_log(cursor: Any, busy: float) -> None:
    # SQLite does not apply the busy timeout to this switch, which two processes may try at once
    deadline = time.monotonic() + busy
    while cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal" and time.monotonic() < deadline:
        with suppress(sqlite3.OperationalError):
            cursor.execute("PRAGMA journal_mode = WAL")
            return  # a file system without shared memory keeps its rollback journal
        time.sleep(0.05)


def _begin(connection: Any) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
