"""The faulty trainers, plugged in, and what the tests do with them."""

import contextlib
import os
import secrets
import time
from pathlib import Path

import pytest
from harness.forks import Forks
from harness.study import Study

from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.testing.plugin import plug_in, write_plugin

HERE = Path(__file__).resolve().parent
TRAINERS_FOLDER = HERE / "trainers"
NAMES = ("faulty", "missing", "unimportable")


def pytest_collection_modifyitems(items):
    """Mark the tests of this folder: `make faults` runs them all, .ci/run those that are not slow."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.faults)


@pytest.fixture(autouse=True)
def _plugged_in(tmp_path, monkeypatch):
    entries = {"paretocaps.trainers": {name: f"faulty_trainers:{name.upper()}" for name in NAMES}}
    plug_in(monkeypatch, write_plugin(tmp_path / "plugin", "faulty-trainers", entries), TRAINERS_FOLDER)


@pytest.fixture
def make_job(tmp_path):
    """Return a job in a folder of its own whose training goes wrong in the way `fault` names."""

    def make(fault="none", *, epochs=2, **changes):
        number = len(list(tmp_path.glob("job-*")))
        folder = tmp_path / f"job-{number}"
        folder.mkdir()
        values = {"trainer": "faulty", "choices": {"fault": fault}, "folder": folder, **changes}
        return TrainingJob(study="faults", trial=number, seed=0, data=DataSpec(), epochs=epochs, **values)

    return make


@pytest.fixture
def until():
    """Wait for a condition to hold, within a minute."""

    def wait(condition):
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, "it did not happen within a minute"
            time.sleep(0.02)

    return wait


@pytest.fixture
def running():
    """Return whether a process runs; one that is dead and not buried by its parent does not."""

    def runs(pid):
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        if Path("/proc/self/stat").exists():
            return False
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True

    return runs


@pytest.fixture(scope="session")
def forks():
    """What starts drivers."""
    with Forks() as forks:
        yield forks


@pytest.fixture(scope="module")
def make_study(forks, tmp_path_factory):
    """Return a study of the trainer `known` in a folder of its own; its processes end with the module."""
    made = []

    def make(**settings):
        made.append(Study(forks, tmp_path_factory.mktemp("study"), **settings))
        return made[-1]

    yield make
    for study in made:
        study.end()


@pytest.fixture
def new_database(server):
    """Return the URL of a new database of the server at each call."""

    def new():
        name = f"f_{secrets.token_hex(4)}"
        server.psql(f"CREATE DATABASE {name};")
        return server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://")

    return new
