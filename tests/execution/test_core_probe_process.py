import time

import pytest

from paretocaps.execution.worker_process import WorkerProcess, end
from paretocaps.run_folder import RunFolder


@pytest.fixture
def process(tmp_path):
    started = WorkerProcess(RunFolder(tmp_path / "log"), 1, "paretocaps.execution.core_probe_process")
    yield started
    end([started], patience=0.0)


def heard(process):
    deadline = time.monotonic() + 60
    while not process.inbox and not process.ended and time.monotonic() < deadline:
        time.sleep(0.02)
        process.read()
    return process.inbox.popleft()


def test_it_says_why_it_fails_and_ends(process, make_job):
    assert heard(process) == {"kind": "ready"}
    job = make_job().model_copy(update={"trainer": "prob"}).model_dump(mode="json")
    process.send("prepare", job=job, reading=None, facts={}, cores=[])
    failed = heard(process)
    assert failed["kind"] == "failed"
    assert failed["reason"].startswith("unknown trainer 'prob': did you mean 'probe'?")
    assert process.wait(30)


def test_it_ends_with_its_driver(process):
    process.finish()
    assert process.wait(30)
