import os
import re
import signal
import threading
import time

import pytest

from paretocaps.cores import can_pin, one_of_each_core
from paretocaps.domain.job import Origin
from paretocaps.domain.measurement import Measurement
from paretocaps.execution import limits
from paretocaps.execution.processes import ProcessExecutor
from paretocaps.run_folder import RunFolder


def go_on(*_):
    return True


def finish(executor):
    outcomes = []
    while ended := executor.wait(go_on):
        outcomes += ended
    return outcomes


@pytest.fixture
def observed(make_job, monkeypatch):
    """Train jobs on devices and return, by device, the workers' environment as the system knows it."""

    def observe(devices, count):
        environments = {}

        def on_epoch(job, record):
            pid = RunFolder(job.folder).process()
            with open(f"/proc/{pid}/environ", "rb") as stream:
                environments[pid] = dict(e.split(b"=", 1) for e in stream.read().split(b"\0") if b"=" in e)
            return True

        with ProcessExecutor(devices) as executor:
            jobs = [make_job() for _ in range(count)]
            for job in jobs:
                executor.submit(job)
            outcomes = []
            while ended := executor.wait(on_epoch):
                outcomes += ended
        return outcomes, list(environments.values())

    return observe


def test_jobs_are_placed(make_job):
    executor = ProcessExecutor(["cuda:0", "cpu", "cpu"])
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    expected = max(1, cores // 3)
    assert executor.capacity == 3
    placed = [executor._placed(make_job(), place) for place in executor._places]
    assert [job.device for job in placed] == ["cuda:0", "cpu", "cpu"]
    assert [job.shared for job in placed] == [False, True, True]
    assert [job.threads for job in placed] == [expected] * 3
    assert executor._placed(make_job(threads=7), executor._places[0]).threads == 7


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="environments cannot be read here")
def test_workers_get_their_share_of_the_cores(observed, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "99")
    outcomes, environments = observed(["cpu", "cpu"], 2)
    share = str(max(1, len(os.sched_getaffinity(0)) // 2)).encode()
    assert [environment[b"OMP_NUM_THREADS"] for environment in environments] == [share, share]
    assert all(outcome.measurement.device.shared for outcome in outcomes)


def test_jobs_are_placed_on_slots(make_job, monkeypatch):
    monkeypatch.setattr("paretocaps.execution.slots.one_of_each_core", lambda: (0, 1, 2, 3))
    for jobs, shared in ((1, False), (2, False), (3, True)):
        executor = ProcessExecutor.on_slots(2, jobs)
        placed = [executor._placed(make_job(), place) for place in executor._places]
        assert [(job.device, job.slot, job.threads, job.shared) for job in placed] == [
            ("cpu", 2, 2, shared)
        ] * jobs
    assert executor._placed(make_job(ranks=2), executor._places[0]).threads == 1


@pytest.mark.slow
@pytest.mark.skipif(len(one_of_each_core()) < 2 or not can_pin(), reason="needs two cores")
def test_workers_are_pinned_to_a_slot_each(make_job):
    pinned = {}

    def on_epoch(job, record):
        pinned[job.trial] = os.sched_getaffinity(RunFolder(job.folder).process())
        return True

    jobs = [make_job(choices={"pause": 1.0}, exclusive=True) for _ in range(2)]
    with ProcessExecutor.on_slots(1, 2) as executor:
        for job in jobs:
            executor.submit(job)
        outcomes = []
        while ended := executor.wait(on_epoch):
            outcomes += ended
    assert sorted(map(sorted, pinned.values())) == [[core] for core in one_of_each_core()[:2]]
    name = f"cpu (1 of {len(os.sched_getaffinity(0))} threads)"
    assert [outcome.measurement.device.name for outcome in outcomes] == [name, name]
    assert not any(outcome.measurement.device.shared for outcome in outcomes)


def test_waiting_ends_after_its_timeout(make_job):
    with ProcessExecutor() as executor:
        executor.submit(make_job())
        assert executor.wait(go_on, timeout=0.0) == []
        assert len(finish(executor)) == 1


def test_waiting_goes_on_after_an_error_of_the_driver(make_job):
    seen = []

    def on_epoch(job, record):
        seen.append(record.epoch)
        if len(seen) == 1:
            raise LookupError("once")
        return True

    with ProcessExecutor() as executor:
        executor.submit(make_job())
        with pytest.raises(LookupError):
            executor.wait(on_epoch)
        (outcome,) = executor.wait(on_epoch)
    assert outcome.measurement is not None
    assert seen == [1, 1, 2]


@pytest.mark.slow
def test_an_error_of_the_driver_loses_no_outcome(make_job):
    failing, other = make_job(), make_job(epochs=1)

    def on_epoch(job, record):
        if job is failing:
            raise LookupError
        return True

    with ProcessExecutor(["cpu", "cpu"]) as executor:
        executor.submit(other)
        executor.submit(failing)
        outcomes = []
        deadline = time.monotonic() + 60
        while not outcomes and time.monotonic() < deadline:
            try:
                outcomes = executor.wait(on_epoch)
            except LookupError:
                time.sleep(0.02)
        assert [outcome.job for outcome in outcomes] == [other]


@pytest.mark.slow
def test_jobs_go_to_free_places(make_job):
    jobs = [make_job(epochs=1) for _ in range(6)]
    waiting = list(jobs)
    ended = []
    with ProcessExecutor(["cpu", "cpu"]) as executor:
        while len(ended) < len(jobs):
            while waiting and len(jobs) - len(waiting) - len(ended) < executor.capacity:
                executor.submit(waiting.pop(0))
            ended += executor.wait(go_on)
    assert sorted(outcome.job.trial for outcome in ended) == [job.trial for job in jobs]
    assert all(outcome.measurement for outcome in ended)


def test_no_worker_without_a_job():
    before = threading.active_count()
    with ProcessExecutor(["cpu"] * 64) as executor:
        assert executor.capacity == 64
        assert all(place.worker is None for place in executor._places)
    assert threading.active_count() == before


def ended_by(job, break_worker):
    """Return the failure of `job` whose worker is broken after its first epoch."""
    broken = []

    def on_epoch(job, record):
        if not broken:
            broken.append(RunFolder(job.folder).process())
            break_worker(*broken)
        return True

    with ProcessExecutor() as executor:
        executor.submit(job)
        (outcome,) = executor.wait(on_epoch)
    assert not os.path.exists(f"/proc/{broken[0]}")
    return outcome.failure


def test_the_failure_of_a_stopped_worker_says_so(make_job):
    job = make_job(stall_timeout=1.0, choices={"pause": 5.0})
    failure = ended_by(job, lambda pid: os.kill(pid, signal.SIGSTOP))
    assert failure.may_pass
    assert failure.reason.endswith("(its process is stopped)")


def test_the_failure_of_a_silent_worker_says_where_it_is(make_job):
    failure = ended_by(make_job(stall_timeout=1.0, choices={"asleep": 60.0}), lambda pid: None)
    assert re.search(r"\(it is in _trained, line \d+ of probe.py\)$", failure.reason)


def test_a_worker_that_hangs_before_it_is_ready_is_ended(make_job, monkeypatch, tmp_path):
    monkeypatch.setattr(limits, "BEGINNING", 1.0)
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(
        "import sys, time\nif 'paretocaps.execution.worker' in sys.orig_argv: time.sleep(60)\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'site'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    with ProcessExecutor() as executor:
        executor.submit(make_job(stall_timeout=1.0))
        (outcome,) = executor.wait(go_on)
    assert outcome.failure.may_pass
    assert "stalled: nothing was heard of the training for 1s after the start" in outcome.failure.reason


def test_a_measurement_that_a_silent_worker_left_counts(make_job):
    """It may hang when it ends, as some libraries do, or in the driver's way."""
    job = make_job(stall_timeout=1.0, choices={"pause": 5.0})

    def measure_and_stop(pid):
        os.kill(pid, signal.SIGSTOP)
        with ProcessExecutor() as other:
            elsewhere = make_job()
            other.submit(elsewhere)
            (outcome,) = other.wait(go_on)
        RunFolder(job.folder).write_result(outcome.measurement)

    assert ended_by(job, measure_and_stop) is None


@pytest.mark.parametrize("of_a_study", [True, False])
def test_a_measurement_that_cannot_be_written_comes_through_the_pipe(make_job, of_a_study):
    origin = Origin(storage="s", identity="i", data=None) if of_a_study else None
    job = make_job().model_copy(update={"origin": origin})

    def obstruct(job, record):
        (RunFolder(job.folder).measurement_file / "x").mkdir(parents=True, exist_ok=True)
        return True

    with ProcessExecutor() as executor:
        executor.submit(job)
        outcomes = []
        while ended := executor.wait(obstruct):
            outcomes += ended
    assert RunFolder(job.folder).recover() is None or not of_a_study
    assert isinstance(outcomes[0].result, Measurement) == of_a_study
