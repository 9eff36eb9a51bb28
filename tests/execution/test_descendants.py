import os
import subprocess
import sys

import pytest

from paretocaps.execution.descendants import (
    MARK,
    end_left_behind,
    end_marked,
    new_mark,
    own_mark,
    workers_of,
)

pytestmark = pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="there is no /proc here")


@pytest.fixture
def sleeper():
    """Start processes in sessions of their own that have a mark and sleep."""
    started = []

    def start(value):
        command = [sys.executable, "-S", "-c", "import time; print(flush=True); time.sleep(60)"]
        process = subprocess.Popen(
            command, env={**os.environ, MARK: value}, start_new_session=True, stdout=subprocess.PIPE
        )
        started.append(process)
        process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_processes_are_ended_by_their_mark(sleeper, monkeypatch):
    monkeypatch.delenv(MARK, raising=False)
    (mark, value), (other, _) = new_mark(), new_mark()
    ours, theirs = sleeper(value), sleeper(other)
    end_marked("")
    end_marked(mark)
    assert ours.wait(10) < 0
    assert theirs.poll() is None


def test_a_worker_within_a_worker_has_the_marks_of_both(sleeper, monkeypatch):
    monkeypatch.setenv(MARK, "outer")
    mark, value = new_mark()
    assert value == f"outer.{mark}"
    assert own_mark() == "outer"
    inner = sleeper(value)
    end_marked("outer")
    assert inner.wait(10) < 0


def test_what_a_dead_worker_left_is_ended(sleeper):
    left = sleeper(new_mark()[0])
    end_left_behind()
    assert left.wait(10) < 0


def test_the_workers_of_a_process_are_those_that_it_started(sleeper):
    mark, value = new_mark()
    sleeper(value)  # no worker
    code = "import time; print(flush=True); time.sleep(60)"
    worker = subprocess.Popen(
        [sys.executable, "-S", "-c", code, "paretocaps.execution.worker"],
        env={**os.environ, MARK: value},
        start_new_session=True,
        stdout=subprocess.PIPE,
    )
    worker.stdout.readline()
    assert workers_of(os.getpid()) == [worker.pid]
    assert workers_of(worker.pid) == []
    end_marked(mark)
    worker.communicate()
