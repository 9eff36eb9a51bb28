"""Workers and drivers that die, hang or cannot start; nothing is lost that was measured, nothing is left."""

import os
import signal
import subprocess
import sys

import pytest

from paretocaps.domain.measurement import Measurement
from paretocaps.execution import processes
from paretocaps.execution.executor import EXECUTORS
from paretocaps.run_folder import RunFolder

DRIVER = """
import sys
from paretocaps.domain.job import TrainingJob
from paretocaps.execution.executor import EXECUTORS
with EXECUTORS.get("processes")(["cpu"]) as executor:
    executor.submit(TrainingJob.model_validate_json(sys.argv[1]))
    print(executor.wait(lambda *_: True))
"""


def go_on(*_):
    return True


def child_of(job):
    return int((job.folder / "child").read_text())


@pytest.fixture
def driver(request, make_job, until):
    """Return a driver in another process whose worker trains, its job, and the worker's id."""
    job = make_job(getattr(request, "param", "gate"), epochs=4)
    command = [sys.executable, "-c", DRIVER, job.model_dump_json()]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        until((job.folder / "waiting").exists)
        worker = RunFolder(job.folder).process()
        yield process, job, worker
        (job.folder / "go").touch()
        if process.poll() is None:
            process.kill()
    until(lambda: RunFolder(job.folder).process() is None)


def test_a_measurement_outlives_the_driver(driver, until, running):
    process, job, worker = driver
    process.kill()
    process.wait()
    assert RunFolder(job.folder).process() == worker
    assert RunFolder(job.folder).recover() is None
    (job.folder / "go").touch()
    until(lambda: RunFolder(job.folder).process() is None)
    measurement = RunFolder(job.folder).recover()
    assert isinstance(measurement, Measurement)
    assert [record.epoch for record in measurement.epochs] == [1, 2, 3, 4]
    until(lambda: not running(worker))


def test_an_interrupt_ends_the_workers(driver, running):
    process, job, worker = driver
    assert os.getsid(worker) == worker, "the terminal's Ctrl-C must reach the driver only"
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors.splitlines()[-1]
    assert "ResourceWarning" not in errors
    assert not running(worker)
    assert RunFolder(job.folder).process() is None
    assert RunFolder(job.folder).recover() is None


def test_a_folder_is_trained_in_by_one(driver, make_job):
    _, job, worker = driver
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        executor.submit(job)
        (outcome,) = executor.wait(go_on)
    assert outcome.failure.reason == (f"process {worker} is training in {job.folder}: wait for it, or end it")


def test_abort_ends_what_hangs(make_job, until, running):
    job = make_job("hang")
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        executor.submit(job)
        until(lambda: executor.wait(go_on, timeout=0.1) or (job.folder / "hanging").exists())
        worker, child = RunFolder(job.folder).process(), child_of(job)
        assert running(worker)
        executor.abort()
        assert not running(worker)
        until(lambda: not running(child))
        assert executor.wait(go_on) == []
        with pytest.raises(ChildProcessError):
            os.waitpid(worker, os.WNOHANG)  # it is no zombie of ours
        executor.submit(make_job())
        assert executor.wait(go_on)[0].measurement is not None


def test_a_child_that_holds_the_pipe_open(make_job, until, running):
    job = make_job("orphan_holds_pipe")
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        executor.submit(job)
        (outcome,) = executor.wait(go_on)
        assert outcome.failure.reason.startswith("worker ended by signal 9")
        until(lambda: not running(child_of(job)))


def test_a_child_in_a_session_of_its_own_ends_with_its_worker(make_job, until, running):
    job = make_job("start_elsewhere")
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        executor.submit(job)
        until(lambda: executor.wait(go_on, timeout=0.1) or (job.folder / "waiting").exists())
        child = child_of(job)
        assert os.getsid(child) == child
        os.kill(RunFolder(job.folder).process(), signal.SIGKILL)
        (outcome,) = executor.wait(go_on)
        assert outcome.failure.may_pass
        until(lambda: not running(child))


@pytest.mark.parametrize("driver", ["start_elsewhere"], indirect=True)
def test_a_worker_whose_driver_died_ends_what_it_started(driver, until, running):
    process, job, _ = driver
    process.kill()
    process.wait()
    (job.folder / "go").touch()
    until(lambda: isinstance(RunFolder(job.folder).recover(), Measurement))
    until(lambda: not running(child_of(job)))


@pytest.mark.parametrize("driver", ["start_elsewhere"], indirect=True)
def test_the_next_driver_ends_what_a_killed_one_and_its_worker_left(driver, make_job, until, running):
    process, job, worker = driver
    process.kill()
    process.wait()
    with EXECUTORS.get("processes")(["cpu"]):
        assert running(child_of(job)), "its worker lives"
    os.kill(worker, signal.SIGKILL)
    until(lambda: not running(worker))
    assert running(child_of(job))
    with EXECUTORS.get("processes")(["cpu"]):
        until(lambda: not running(child_of(job)))


def test_a_training_that_closes_the_pipes(make_job, monkeypatch):
    monkeypatch.setattr(processes, "CLOSING", 0.2)
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        executor.submit(make_job("close_pipes"))
        (outcome,) = executor.wait(go_on)
    assert (
        outcome.failure.reason == "worker was ended: the training closed or garbled its pipes to the driver"
    )


def test_a_worker_that_dies_after_measuring(make_job):
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        executor.submit(make_job("die_measured"))
        (outcome,) = executor.wait(go_on)
    assert outcome.measurement is not None


def test_a_worker_that_dies_between_jobs(make_job, until, running):
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        executor.submit(make_job())
        pid = int(executor.wait(go_on)[0].measurement.quantities["pid"])
        os.kill(pid, signal.SIGKILL)
        until(lambda: not running(pid))
        executor.submit(make_job())
        assert executor.wait(go_on)[0].measurement.quantities["pid"] != pid


def test_a_worker_that_cannot_start(make_job, tmp_path, monkeypatch):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "pydantic.py").write_text("raise ImportError('pydantic is broken')")
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        with monkeypatch.context() as broken:
            broken.setenv("PYTHONPATH", str(tmp_path / "broken"), prepend=os.pathsep)
            for _ in range(2):  # each job tries once
                executor.submit(make_job())
                (outcome,) = executor.wait(go_on)
                assert outcome.failure.reason == (
                    "worker could not start: it ended with exit code 1; "
                    "its log ends with: ImportError: pydantic is broken"
                )
        executor.submit(make_job())
        assert executor.wait(go_on)[0].measurement is not None


def test_a_module_in_the_working_directory_stands_in_for_none(make_job, tmp_path, monkeypatch):
    (tmp_path / "pydantic.py").write_text("raise ImportError('this is not pydantic')")
    monkeypatch.chdir(tmp_path)
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        executor.submit(make_job())
        (outcome,) = executor.wait(go_on)
    assert outcome.measurement is not None, outcome.failure


def test_a_python_that_is_not_there(make_job, monkeypatch):
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        with monkeypatch.context() as broken:
            broken.setattr(sys, "executable", "/no/such/python")
            executor.submit(make_job())
            (outcome,) = executor.wait(go_on)
        assert outcome.failure.reason.startswith("worker could not start: [Errno 2]")
        executor.submit(make_job())
        assert executor.wait(go_on)[0].measurement is not None


def test_a_folder_that_cannot_be_made(make_job, tmp_path):
    (tmp_path / "file").touch()
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        executor.submit(make_job(folder=tmp_path / "file" / "job"))
        (outcome,) = executor.wait(go_on)
    assert "Not a directory" in outcome.failure.reason
