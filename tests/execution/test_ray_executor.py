"""Jobs and whole studies on a cluster whose nodes, head and driver are killed."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from harness.known import curve

from paretocaps.domain.failure import Failure
from paretocaps.domain.progress import WithProgress
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UsageError
from paretocaps.execution import ray_connection
from paretocaps.execution.ray_executor import RayExecutor
from paretocaps.execution.ray_plan import Ask
from paretocaps.run_folder import RunFolder
from paretocaps.testing.plugin import plug_in, write_plugin

HARNESS = Path(__file__).parents[1] / "faults"
LOST = "the node of the Ray cluster on which it was trained was lost"


@pytest.fixture(autouse=True)
def _known(tmp_path, monkeypatch):
    """Register the trainer `known`, whose values are known beforehand, for this process and its workers."""
    entries = {"paretocaps.trainers": {"known": "harness.known_spec:SPEC"}}
    plug_in(monkeypatch, write_plugin(tmp_path / "known", "known", entries), HARNESS)


@pytest.fixture
def node(ray_cluster):
    """Add a node to the cluster; all that were added are killed at the end, if they were not before."""
    added = []

    def add(**resources):
        added.append(ray_cluster.ask(add=resources))
        return added[-1]

    yield add
    for number in added:
        ray_cluster.ask(kill=number)


def go_on(job, record):
    return True


def test_a_lost_node_may_pass_and_its_checkpoint_is_here(ray_cluster, node, make_job):
    """Files are sent, as to nodes without shared storage; the next attempt goes on after the last epoch."""
    job = make_job(choices={"x": 0.25, "width": 2}, epochs=12)
    job = job.model_copy(update={"trainer": "known", "checkpoints": True})
    doomed, killed, epochs = node(num_cpus=3), [], []  # only this node has so many

    def kill_after_a_checkpoint(job, record):
        if RunFolder(job.folder).checkpoints and not killed:
            killed.append(ray_cluster.ask(kill=doomed))
        return True

    with RayExecutor(ask=Ask(cpus=3), shared=False) as executor:
        executor.submit(job)
        (lost,) = executor.wait(kill_after_a_checkpoint)
        assert lost.failure == Failure(LOST, may_pass=True)
        node(num_cpus=3)
        executor.submit(job)
        (outcome,) = executor.wait(lambda job, record: epochs.append(record.epoch) or True)
    assert outcome.measurement is not None, outcome.failure
    assert epochs[0] > 1
    assert epochs == list(range(epochs[0], 13))
    assert [record.acc for record in outcome.measurement.epochs] == curve(0.25, 2, job.seed, 12)


def test_jobs_wait_for_a_node_and_for_each_other_and_say_so(ray_cluster, node, make_job, monkeypatch):
    said = []

    def progress(job, what, done, total):
        said.append(what)

    on_epoch = WithProgress(go_on, progress)
    ask = Ask("cuda:0", cpus=1, gpus=1.0, accelerator="T4")
    with RayExecutor(("cuda:0", "cuda:0"), ask=ask) as executor:
        executor.submit(make_job())
        assert executor.wait(on_epoch, timeout=2.0) == []
        assert said == ["waits for 1 T4 GPU and 1 CPU of the Ray cluster (no node that is up has them)"]
        node(num_cpus=1, num_gpus=1, resources={"accelerator_type:T4": 1})
        executor.submit(make_job())
        outcomes = [*executor.wait(on_epoch), *executor.wait(on_epoch)]
    assert [outcome.failure for outcome in outcomes] == [None, None]


def test_the_first_job_pins_the_type_of_gpu(ray_cluster, node, make_job, tmp_path):
    node(num_cpus=1, num_gpus=1, resources={"accelerator_type:T4": 1})
    spec, pinned = StudySpec(study="s", device="cuda", objectives="acc,params"), []
    assert RayExecutor.places(spec) == ["T4 1"]
    (kept,) = ray_connection._KEPT
    with RayExecutor.of_study(spec, None, lambda kind: pinned.append(kind) or kind) as executor:
        assert (executor._ray, ray_connection._KEPT, pinned) == (kept, [], [])
        for _ in range(2):
            executor.submit(make_job())
            assert executor.wait(go_on)[0].measurement is not None
    assert pinned == ["T4"]
    other = RayExecutor.of_study(spec, None, lambda kind: "A100")  # another driver was quicker
    with (
        other,
        pytest.raises(UsageError, match="'s' trains on A100, and the Ray cluster has none .it has 1 T4"),
    ):
        other.submit(make_job())
    with pytest.raises(UsageError, match="trains on A100"):
        RayExecutor.of_study(spec, "A100", lambda kind: kind)


@pytest.fixture
def optimize(tmp_path, monkeypatch):
    """Start `paretocaps optimize` on a cluster; what it prints goes to a file."""
    monkeypatch.chdir(tmp_path)

    def start(address, *arguments):
        command = [sys.executable, "-m", "paretocaps", "optimize", "--executor", "ray", *STUDY, *arguments]
        if address is not None:
            command += ["--ray-address", address]
        with (tmp_path / "said").open("ab") as said:
            started.append(subprocess.Popen(command, cwd=tmp_path, stdout=said, stderr=said))
        return started[-1]

    started = []
    yield start
    for run in started:
        run.kill()
        run.wait()


def rows(tmp_path, query):
    try:
        with closing(sqlite3.connect(tmp_path / "s.db")) as database:
            return database.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []


def until(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "\n".join(path.read_text() for path in Path.cwd().glob("said"))
        time.sleep(0.1)


def training(tmp_path):
    """The folders in which a worker trains."""
    return [lock for lock in tmp_path.glob("s-artifacts/**/worker.lock") if RunFolder(lock.parent).process()]


STUDY = ("--study", "s", "--storage", "s.db", "--trainer", "known", "--objectives", "acc,params", "--plain")
STUDY += ("--no-designs", "--sampler", "random", "--trials", "2", "--epochs", "12", "--workers", "2")
EPOCHS = "SELECT count(*) FROM paretocaps_epochs"
ATTEMPTS = "SELECT state, resumed_from, may_pass, reason FROM paretocaps_attempts ORDER BY id"


@pytest.fixture
def occupied_head(ray_cluster, make_job):
    """Let a job hold both CPUs of the head, so that others train on other nodes."""
    job = make_job(choices={"x": 0.25, "width": 2}, epochs=1000).model_copy(update={"trainer": "known"})
    began = []
    with RayExecutor(ask=Ask(cpus=2), shared=False) as executor:
        executor.submit(job)
        until(lambda: executor.wait(lambda *_: began.append(1) or True, timeout=0.5) or began)
        yield


def test_a_study_outlives_a_node(ray_cluster, occupied_head, node, optimize, tmp_path):
    doomed = node(num_cpus=3)
    run = optimize(ray_cluster.address, "--trials", "1", "--workers", "1", "--epochs", "40")
    until(lambda: rows(tmp_path, EPOCHS) >= [(2,)])
    ray_cluster.ask(kill=doomed)
    node(num_cpus=3)
    assert run.wait(120) == 0, (tmp_path / "said").read_text()
    assert rows(tmp_path, ATTEMPTS) == [("failed", None, 1, LOST), ("finished", 1, None, None)]
    assert training(tmp_path) == []


def test_a_study_outlives_its_driver_and_its_cluster(ray_cluster, optimize, tmp_path, monkeypatch):
    monkeypatch.setenv("PARETOCAPS_RAY_PATIENCE", "1")
    own = type(ray_cluster)()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))  # of the drivers alone: the paths of a cluster must be short
    run = optimize(own.address)
    until(lambda: rows(tmp_path, EPOCHS) >= [(2,)])
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    until(lambda: not training(tmp_path), 20)  # nothing trains on without its driver
    until(lambda: not [*temporary.iterdir()], 30)

    run = optimize(own.address)
    until(lambda: training(tmp_path))
    own.ask(kill=0)
    assert run.wait(60) == 1, (tmp_path / "said").read_text()
    own.close()
    last = (tmp_path / "said").read_text().splitlines()[-1]
    assert re.search(rf"the Ray cluster at {own.address} is gone.*run the same command again", last), last
    until(lambda: not training(tmp_path), 20)

    run = optimize(ray_cluster.address)
    assert run.wait(120) == 0, (tmp_path / "said").read_text()
    assert rows(tmp_path, "SELECT state, count(*) FROM paretocaps_trials GROUP BY 1") == [("finished", 2)]


def test_ctrl_c_leaves_no_task(ray_cluster, optimize, tmp_path):
    run = optimize(ray_cluster.address)
    until(lambda: training(tmp_path))
    run.send_signal(signal.SIGINT)
    assert run.wait(30) == 130, (tmp_path / "said").read_text()
    assert training(tmp_path) == []


def test_without_an_address_a_cluster_is_started_and_ends_with_the_study(
    ray_cluster, optimize, tmp_path, monkeypatch
):
    monkeypatch.delenv("RAY_ADDRESS")
    run = optimize(None, "--epochs", "1")
    assert run.wait(120) == 0, (tmp_path / "said").read_text()
    assert rows(tmp_path, "SELECT state, count(*) FROM paretocaps_trials GROUP BY 1") == [("finished", 2)]
