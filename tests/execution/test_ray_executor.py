"""Jobs and whole studies on a cluster whose nodes, head and driver are killed."""

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from paretocaps.domain.progress import WithProgress
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UsageError
from paretocaps.execution.ray_executor import RayExecutor
from paretocaps.execution.ray_plan import Ask
from paretocaps.run_folder import RunFolder


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


def test_a_job_waits_for_a_node_and_says_so(ray_cluster, node, make_job, monkeypatch):
    said = []

    def progress(job, what, done, total):
        said.append(what)

    on_epoch = WithProgress(go_on, progress)
    with RayExecutor(ask=Ask("cuda:0", cpus=1, gpus=1.0, accelerator="T4")) as executor:
        executor.submit(make_job())
        assert executor.wait(on_epoch, timeout=2.0) == []
        assert said == ["waits for 1 T4 GPU and 1 CPU of the Ray cluster (no node that is up has them)"]
        node(num_cpus=1, num_gpus=1, resources={"accelerator_type:T4": 1})
        (outcome,) = executor.wait(on_epoch)
    assert outcome.measurement is not None, outcome.failure


def test_the_first_job_pins_the_type_of_gpu(ray_cluster, node, make_job, tmp_path):
    node(num_cpus=1, num_gpus=1, resources={"accelerator_type:T4": 1})
    spec, pinned = StudySpec(study="s", device="cuda", objectives="acc,params"), []
    assert RayExecutor.places(spec) == ["T4 1"]
    with RayExecutor.of_study(spec, None, lambda kind: pinned.append(kind) or kind) as executor:
        assert pinned == []
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
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "3")  # until a lost cluster is given up

    def start(address, *arguments):
        command = [
            sys.executable,
            "-m",
            "paretocaps",
            "optimize",
            "--study",
            "s",
            "--executor",
            "ray",
            "--plain",
        ]
        given = ["--ray-address", address, "--objectives", "acc,params", "--no-designs", *arguments]
        with (tmp_path / "said").open("ab") as said:
            started.append(subprocess.Popen([*command, *given], cwd=tmp_path, stdout=said, stderr=said))
        return started[-1]

    started = []
    yield start
    for run in started:
        run.kill()
        run.wait()


def rows(tmp_path, query):
    try:
        with closing(sqlite3.connect(tmp_path / "studies" / "paretocaps.db")) as database:
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
    return [lock for lock in tmp_path.glob("studies/**/worker.lock") if RunFolder(lock.parent).process()]


PROBE = ("--trainer", "probe", "--set", "pause=0.5", "--epochs", "6", "--trials", "3", "--workers", "2")


@pytest.mark.slow
def test_a_study_outlives_a_node(ray_cluster, node, optimize, tmp_path):
    doomed = node(num_cpus=2)
    capsnet = (
        "--set",
        "primary_capsules=4",
        "--limit-train",
        "200",
        "--epochs",
        "15",
        "--trials",
        "2",
        "--workers",
        "2",
    )
    run = optimize(ray_cluster.address, *capsnet)
    each = "SELECT DISTINCT attempt_id FROM paretocaps_epochs"
    until(lambda: len({*rows(tmp_path, each)}) == 2)
    ray_cluster.ask(kill=doomed)
    assert run.wait(120) == 0, (tmp_path / "said").read_text()
    attempts = rows(
        tmp_path, "SELECT state, may_pass, resumed_from IS NOT NULL, reason FROM paretocaps_attempts"
    )
    failed = {(may_pass, reason) for state, may_pass, _, reason in attempts if state == "failed"}
    assert failed == {(1, "the node of the Ray cluster on which it was trained was lost")}
    assert sorted(resumed for state, _, resumed, _ in attempts if state == "finished") == [0, 1]
    assert training(tmp_path) == []


def test_ctrl_c_leaves_no_task(ray_cluster, optimize, tmp_path):
    run = optimize(ray_cluster.address, *PROBE)
    until(lambda: training(tmp_path))
    run.send_signal(signal.SIGINT)
    assert run.wait(30) == 130, (tmp_path / "said").read_text()
    assert training(tmp_path) == []


def test_a_study_on_a_cluster_of_its_own(ray_cluster, optimize, tmp_path, monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS")
    run = optimize("local", *PROBE[:4], "--epochs", "1", "--trials", "1")
    assert run.wait(60) == 0, (tmp_path / "said").read_text()
