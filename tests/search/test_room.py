"""Room for the files of trainings, on a disk that is full or read-only for a while."""

import errno
import math
import os
from types import SimpleNamespace

import pytest

from paretocaps.domain.failure import Failure
from paretocaps.errors import UnavailableError
from paretocaps.search import room as module
from paretocaps.search.room import Room
from paretocaps.storage.patience import Patience
from paretocaps.testing import probe

FULL = Failure("'w.pt' cannot be written: No space left: free some space", may_pass=True, of_disk=True)


class Disk:
    """A disk with room for some bytes, or that cannot be written, under a clock that a test moves."""

    def __init__(self, free):
        self.free, self.error, self.now, self.tried = free, errno.ENOSPC, 0.0, []

    def __enter__(self):
        self.tried.append(0)
        return self

    def __exit__(self, *_):
        pass

    def write(self, data):
        self.tried[-1] += len(data)
        if self.tried[-1] > self.free:
            raise OSError(self.error, os.strerror(self.error))


@pytest.fixture
def disk(monkeypatch):
    disk = Disk(free=1 << 30)
    monkeypatch.setattr(module, "TemporaryFile", lambda **_: disk)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: disk.now))
    return disk


@pytest.fixture
def notices():
    return []


@pytest.fixture
def room(tmp_path, notices):
    return Room(tmp_path / "artifacts", Patience(600, notice=notices.append))


def test_a_folder_with_room_is_made_and_left_empty(tmp_path):
    room = Room(tmp_path / "new" / "artifacts", Patience())
    assert room.found()
    assert list(room.folder.iterdir()) == []


def test_room_is_looked_for_once_in_a_while_and_both_ends_are_said(room, disk, notices):
    disk.free = 1000
    found = []
    for disk.now in (0.0, 0.5, 1.0, 1.5, 2.0):
        found.append(room.found())
    assert len(disk.tried) == 3
    disk.free, disk.now = 1 << 20, 3.0
    assert [*found, room.found()] == [False] * 5 + [True]
    where = f"the folder {str(room.folder)!r} cannot be written: No space left on device: free some space"
    assert notices == [
        f"{where}, then run the same command again (it is waited for, 10m at most)",
        "trainings can begin again, after 3 s",
    ]


def test_who_waits_without_a_limit_is_told_of_none(room, disk, notices):
    disk.free, room.patience.seconds = 1000, math.inf
    assert not room.found()
    assert notices[0].endswith("again (it is waited for)")


def test_after_the_patience_the_error_says_what_to_do(room, disk):
    disk.free, disk.error = 0, errno.EROFS
    assert not room.found()
    disk.now = 600.0
    remedy = "make its disk writable, then run the same command again"
    with pytest.raises(UnavailableError, match=f"Read-only file system: {remedy}"):
        room.found()


def test_more_room_is_asked_for_where_a_training_found_too_little(room, disk):
    disk.free = 1 << 19
    assert room.found()
    room.note(FULL)
    assert not room.found()
    disk.free, disk.now = 1 << 20, 1.0
    assert room.found()
    room.note(Failure("another one", may_pass=True))
    room.note(None)
    assert room.found()
    assert disk.tried[-1] == disk.tried[0]


def test_trainings_that_always_find_too_little_end_the_run(room, disk):
    for _ in range(4):
        assert room.found()
        room.note(FULL)
    with pytest.raises(UnavailableError, match=r"w.pt.*free some space, then run the same command again"):
        room.found()


def test_a_run_waits_for_room_and_uses_up_no_retries(run, disk, monkeypatch):
    train, full = probe.train, [2]

    def fails_twice(job, on_epoch):
        if full[0]:
            full[0] -= 1
            disk.free = 0
            raise OSError(errno.ENOSPC, "No space left on device", "w.pt")
        return train(job, on_epoch)

    def frees(seconds):
        disk.now, disk.free = disk.now + seconds, 1 << 30

    monkeypatch.setattr(probe, "train", fails_twice)
    monkeypatch.setattr("paretocaps.search.runner.time.sleep", frees)
    summary, watcher = run(trials=2, retries=0)
    assert (summary.finished, summary.failed) == (2, 0)
    assert [(trial, attempt) for trial, _, attempt, _ in watcher.started] == [(0, 1), (0, 2), (0, 3), (1, 1)]


def test_a_run_for_which_there_is_no_room_ends_with_the_remedy_and_fails_no_trial(run, disk, monkeypatch):
    def moves(seconds):
        disk.now += seconds

    monkeypatch.setattr("paretocaps.search.runner.time.sleep", moves)
    disk.free = 0
    with pytest.raises(UnavailableError, match="free some space, then run the same command again"):
        run(trials=1, storage_patience="5s")
    disk.free = 1 << 30
    summary, _ = run(trials=1)
    assert (summary.finished, summary.failed) == (1, 0)
