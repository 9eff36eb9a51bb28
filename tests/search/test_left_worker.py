import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.failure import Failure
from paretocaps.execution.descendants import MARK
from paretocaps.execution.limits import FIRST_SIGN, SHORTEST
from paretocaps.run_folder import RunFolder
from paretocaps.search import left_worker as module
from paretocaps.search.left_worker import LeftWorker
from paretocaps.storage.records import AttemptRecord

# stands for a worker: it is one by its command line and the mark in its environment
WORK = """
import sys, time
from pathlib import Path
from paretocaps.run_folder import RunFolder
with RunFolder(Path(sys.argv[1])).lock():
    print("locked", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def worker(tmp_path, monkeypatch):
    monkeypatch.setenv(MARK, "f00")
    command = [sys.executable, "-c", WORK, str(tmp_path), "paretocaps.execution.worker"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "locked\n"
        monkeypatch.delenv(MARK)
        yield process
        process.kill()


def left(folder, host=None):
    key, now = AttemptKey("s", 0, 0, 1), datetime.now(UTC)
    attempt = AttemptRecord(key, "running", None, None, folder, now, None, host=host)
    return LeftWorker(attempt, RunFolder(folder), stall_timeout=0.3)


def test_a_worker_that_signs_is_waited_for_and_a_silent_one_is_ended(worker, tmp_path):
    watched = left(tmp_path)
    for _ in range(5):
        time.sleep(0.1)
        RunFolder(tmp_path).sign()
        assert not watched.has_ended()
    time.sleep(0.35)
    assert watched.has_ended()
    assert watched.failure.may_pass
    assert watched.failure.reason.startswith("stalled: nothing was heard of the training for 0.3s")
    assert worker.wait(10) < 0


def test_one_of_another_machine_cannot_be_ended(worker, tmp_path):
    left(tmp_path, host="elsewhere").end()
    assert worker.poll() is None


def test_one_that_has_ended_has_ended(tmp_path):
    assert left(tmp_path).has_ended()


class Folder:
    """A folder in which a process trains, and signs when it is told to."""

    signs = 0
    job_file = Path(__file__)  # there is one

    def process(self):
        return 123

    def signed(self):
        return self.signs


def test_the_silence_before_its_first_sign_says_nothing_of_the_next(monkeypatch):
    """A trainer may tell nothing between its epochs, and whoever took over came within one."""
    ended, now, folder = [], [0.0], Folder()
    monkeypatch.setattr(module, "end_worker", ended.append)
    attempt = left(Path("folder")).attempt
    watched = LeftWorker(attempt, folder, clock=lambda: now[0])

    def ends_after(seconds, sign=False):
        now[0] += seconds
        folder.signs += sign
        return watched.has_ended()

    assert not ends_after(1.0, sign=True)
    assert not ends_after(FIRST_SIGN - 1.0)
    assert not ends_after(0.5, sign=True)
    assert not ends_after(19 * FIRST_SIGN)
    assert ends_after(2 * FIRST_SIGN + SHORTEST)
    assert ended == [123]


def test_one_that_trains_for_too_long_is_ended(monkeypatch):
    ended, now = [], [0.0]
    monkeypatch.setattr(module, "end_worker", ended.append)
    attempt = left(Path("folder")).attempt
    folder = Folder()
    folder.job_file = Path("it waits for its device")
    watched = LeftWorker(attempt, folder, trial_timeout=60.0, clock=lambda: now[0])
    now[0] = 100.0
    assert not watched.has_ended()
    folder.job_file = Folder.job_file
    for now[0] in (120.0, 140.0):
        assert not watched.has_ended()
    now[0] = 160.0
    assert watched.has_ended()
    assert ended == [123]
    assert watched.failure == Failure(
        "trial_timeout=1m was over after the start: raise --trial-timeout, or train for fewer epochs"
    )
