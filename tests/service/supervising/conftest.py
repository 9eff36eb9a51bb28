"""A database with one submission, and the turn of this process on it."""

import os
from pathlib import Path

import pytest
from harness.services import STUDY

from paretocaps.domain.trainer import TRAINERS
from paretocaps.service import queueing
from paretocaps.service.supervising.task import Task
from paretocaps.service.supervising.turn import Turn
from paretocaps.storage.store import Store
from paretocaps.storage.submissions import NewSubmission
from paretocaps.testing.plugin import plug_in, write_plugin

TRAINER = Path(__file__).parent / "slow_trainer"


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/x.db"


@pytest.fixture
def store(url):
    with Store.open(url, create=True) as opened:
        yield opened


@pytest.fixture
def task(store, url, tmp_path):
    key = store.add_submission(NewSubmission("study", "s", {"trials": 3}, "ann", trials=3)).id
    store.take_turn(key, "token", "here")
    return Task(url, tmp_path / "service", None, None, key, "token")


@pytest.fixture
def turn(store, task, monkeypatch):
    """A turn whose thread does not run: a test looks itself."""
    monkeypatch.setattr(Turn, "_keep", lambda self: None)
    with Turn(store, task) as began:
        yield began


@pytest.fixture
def killed(monkeypatch):
    """The signals that the process would get."""
    signals = []
    monkeypatch.setattr(os, "kill", lambda pid, number: signals.append((pid == os.getpid(), number)))
    return signals


@pytest.fixture
def slow(tmp_path, monkeypatch):
    """Plug in the trainer that sleeps, here and in processes; return the file of its epochs."""
    monkeypatch.setenv("SLOW_SECONDS", "0.2")
    monkeypatch.setenv("SLOW_LOG", str(tmp_path / "epochs.log"))
    monkeypatch.setenv("PARETOCAPS_HOST_FOLDER", str(tmp_path / "host"))
    entries = {"paretocaps.trainers": {"slow": "slow_trainer:SLOW"}}
    plug_in(monkeypatch, write_plugin(tmp_path / "plugin", "slow-trainer", entries), TRAINER)
    assert "slow" in TRAINERS
    return tmp_path / "epochs.log"


@pytest.fixture
def submit(store, tmp_path):
    """Submit a study of that trainer; return its number."""
    places = queueing.Places(tmp_path / "service")

    def of(study, trials, **more):
        return queueing.submit("study", study, {**STUDY, "trials": trials}, store, places=places, **more).id

    return of
