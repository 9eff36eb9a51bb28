import os
import signal
import time

import pytest

from paretocaps.domain.failure import Failure
from paretocaps.execution.worker import ENDS_WITH_DRIVER
from paretocaps.execution.worker_process import WorkerProcess, end, last_line
from paretocaps.run_folder import RunFolder


@pytest.fixture
def worker(tmp_path):
    process = WorkerProcess(RunFolder(tmp_path / "first"), threads=1)
    yield process
    end([process], patience=0.0)


def until_ready(worker):
    deadline = time.monotonic() + 60
    while not worker.inbox:
        assert time.monotonic() < deadline
        worker.read()
        time.sleep(0.01)
    assert worker.inbox.popleft() == {"kind": "ready"}


def test_it_ends_by_itself_when_told(worker, tmp_path):
    until_ready(worker)
    assert worker.alive()
    assert not worker.ended
    worker.finish()
    end([worker], patience=60.0)
    assert not worker.alive()
    worker.ready = True
    assert worker.death(RunFolder(tmp_path)) == Failure("worker ended with exit code 0")


def test_it_is_ended_when_it_does_not(worker, tmp_path):
    until_ready(worker)
    end([worker], patience=0.0)
    assert not worker.alive()
    assert worker.death(RunFolder(tmp_path)).reason.startswith("worker was ended")


def test_it_has_its_own_session_and_group(worker):
    until_ready(worker)
    pid = worker._process.pid
    assert os.getsid(pid) == os.getpgid(pid) == pid


def test_a_death_is_told_with_the_last_words(worker, tmp_path):
    (tmp_path / "worker.log").write_text("one\ntwo\n\n")
    os.kill(worker._process.pid, signal.SIGABRT)
    assert worker.wait(60)
    worker.read()
    assert worker.ended
    assert worker.death(RunFolder(tmp_path)).reason == (
        "worker could not start: it ended by signal 6 (aborted); its log ends with: two"
    )


def test_talking_to_the_dead_is_no_error(worker):
    os.kill(worker._process.pid, signal.SIGKILL)
    assert worker.wait(60)
    worker.send("job", job={})
    worker.terminate(signal.SIGTERM)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"", ""),
        (b"\n \n", ""),
        (b"one\ntwo\n", "two"),
        (
            b"one\nFatal Python error: Segmentation fault\n\nCurrent thread\n",
            "Fatal Python error: Segmentation fault",
        ),
        (b"x\n" * 9000 + b"last\n", "last"),
        (b"\xff\n", "\ufffd"),
        (b"y" * 1000, "y" * 300),
    ],
)
def test_last_lines(tmp_path, text, line):
    (tmp_path / "log").write_bytes(text)
    assert last_line(tmp_path / "log") == line


def test_no_log_has_no_last_line(tmp_path):
    assert last_line(tmp_path / "log") == ""


@pytest.mark.parametrize(
    ("code", "ready", "may_pass"),
    [
        (-signal.SIGKILL, True, True),
        (-signal.SIGSEGV, True, True),
        (os.EX_TEMPFAIL, True, True),
        (3, True, False),
        (3, False, True),
    ],
)
def test_a_death_by_a_signal_may_pass(worker, tmp_path, monkeypatch, code, ready, may_pass):
    worker.ready = ready
    monkeypatch.setattr(worker._process, "returncode", code)
    assert worker.death(RunFolder(tmp_path)).may_pass == may_pass
    monkeypatch.undo()


def test_a_worker_whose_device_goes_to_others_ends_with_its_driver(tmp_path, make_job, monkeypatch):
    monkeypatch.setenv(ENDS_WITH_DRIVER, "1")
    job = make_job(choices={"asleep": 60.0})
    worker = WorkerProcess(RunFolder(job.folder), 1)
    worker.send("job", job=job.model_dump(mode="json"))
    deadline = time.monotonic() + 30
    while RunFolder(job.folder).process() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    worker.finish()  # as when the driver dies: the pipe is closed
    assert worker.wait(10)
    end([worker], patience=0.0)
