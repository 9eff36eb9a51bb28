"""A database with one submission, and the turn of this process on it."""

import os

import pytest

from paretocaps.service.supervising.task import Task
from paretocaps.service.supervising.turn import Turn
from paretocaps.storage.store import Store
from paretocaps.storage.submissions import NewSubmission


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
