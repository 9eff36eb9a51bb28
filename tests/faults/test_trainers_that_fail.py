"""Whatever a training does to its process, its job ends with a reason and the next one trains."""

import pytest

from paretocaps.execution.executor import EXECUTORS
from paretocaps.run_folder import RunFolder

RAISED = {
    "raise": "ValueError: the labels are upside down",
    "own_error": "step_size=9 is too large: lower it",
    "memory": "out of memory on cpu: use a smaller batch size (MemoryError)",
    "lost_device": "cpu was lost, or does not answer (CUDA error: unspecified launch failure)",
    "nan_accuracy": "acc=nan is not a finite number: the training diverged",
    "infinite_time": "time=inf is not a finite number: the training diverged",
    "nan_quantity": "latency=nan is not a finite number: the training diverged",
    "nan_loss": "train_loss=nan is not a finite number: the training diverged",
    "wrong_result": "trainer 'faulty' returned 0.93, but it must be of type Measurement",
    "wrong_record": "trainer 'faulty' reported {'acc': 0.93}, but it must be of type EpochRecord",
}
DIED = {
    "segfault": "worker ended by signal 11 (segmentation fault); its log ends with: Fatal Python error",
    "kill": "worker ended by signal 9 (killed; out of memory?); its log ends with: just printing",
    "exit": "worker ended with exit code 3; its log ends with: the licence has run out",
    "system_exit": "SystemExit: no more",
}


def run(executor, job):
    executor.submit(job)
    (outcome,) = executor.wait(lambda *_: True)
    assert outcome.job == job
    return outcome


@pytest.mark.parametrize("name", ["inline", "processes"])
@pytest.mark.parametrize(("fault", "reason"), list(RAISED.items()))
def test_errors_become_reasons(name, fault, reason, make_job, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with EXECUTORS.get(name)(["cpu"]) as executor:
        outcome = run(executor, make_job(fault))
        assert outcome.failure.reason.startswith(reason)
        assert RunFolder(outcome.job.folder).recover() == outcome.failure
        assert run(executor, make_job()).measurement is not None


@pytest.mark.parametrize(("fault", "reason"), list(DIED.items()))
def test_deaths_become_reasons(fault, reason, make_job, monkeypatch):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        outcome = run(executor, make_job(fault))
        assert outcome.failure.reason.startswith(reason)
        assert run(executor, make_job()).measurement is not None


def test_a_module_that_crashes_while_it_loads(make_job):
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        reason = run(executor, make_job(trainer="unimportable")).failure.reason
        assert reason.startswith("worker ended by signal 11")
        assert run(executor, make_job()).measurement is not None


def test_a_module_that_is_missing(make_job):
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        reason = run(executor, make_job(trainer="missing")).failure.reason
    assert reason == (
        "trainer 'missing' of the package 'faulty-trainers' cannot be loaded:"
        " ModuleNotFoundError: No module named 'no_such_module'"
    )


def test_one_death_leaves_the_other_worker_alone(make_job):
    dying, living = make_job("kill"), make_job("gate")
    with EXECUTORS.get("processes")(["cpu", "cpu"]) as executor:
        executor.submit(living)
        executor.submit(dying)
        (first,) = executor.wait(lambda *_: True)
        (living.folder / "go").touch()
        (second,) = executor.wait(lambda *_: True)
    assert (first.job, second.job) == (dying, living)
    assert second.measurement is not None


def test_workers_are_kept_and_the_unhealthy_replaced(make_job):
    with EXECUTORS.get("processes")(["cpu"]) as executor:

        def pid():
            return run(executor, make_job()).measurement.quantities["pid"]

        first = pid()
        run(executor, make_job("raise"))
        assert pid() == first, "an ordinary error is no reason for a new worker"
        run(executor, make_job("memory"))
        second = pid()
        assert second != first
        run(executor, make_job("segfault"))
        third = pid()
        assert third not in (first, second)
        run(executor, make_job("lost_device"))
        assert pid() not in (first, second, third)


def test_noise_does_not_reach_the_driver(make_job):
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        outcome = run(executor, make_job("noise"))
        assert outcome.measurement is not None, outcome.failure
        log = (outcome.job.folder / "worker.log").read_text()
        assert log.splitlines() == ['{"kind": "measured"}', '{"kind": "failed", "reason": "noise"}', "{}"]
        quiet = run(executor, make_job())
        assert (quiet.job.folder / "worker.log").read_text() == "", "each job has its own log"


def test_the_traceback_is_in_the_log(make_job):
    job = make_job("raise")
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        run(executor, job)
    log = (job.folder / "worker.log").read_text()
    assert "in _raise" in log
    assert "and so are the images" in log


def test_a_changed_directory_does_not_matter(make_job, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with EXECUTORS.get("processes")(["cpu"]) as executor:
        for _ in range(2):
            job = make_job("change_directory")
            relative = job.model_copy(update={"folder": job.folder.relative_to(tmp_path)})
            outcome = run(executor, relative)
            assert outcome.measurement is not None, outcome.failure
