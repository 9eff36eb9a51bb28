"""The worker itself, spoken to over its pipes."""

import json
import subprocess
import sys

import pytest

from paretocaps.domain.failure import Failure
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.tuning import Tuning
from paretocaps.run_folder import RunFolder
from paretocaps.testing.probe import TUNING_KEY


@pytest.fixture
def worker():
    command = [sys.executable, "-m", "paretocaps.execution.worker"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, bufsize=1, **pipes) as process:
        assert hear(process) == {"kind": "ready"}
        yield process
        process.stdin.close()


def test_what_a_process_prints_is_no_message():
    program = """
import os, sys
from paretocaps.execution.worker import Channel
channel = Channel()
print("printed", flush=True)
os.system("echo echoed")
channel.send("ready")
print(sys.stdin.read(), channel.receive(), channel.receive())
"""
    answer = subprocess.run(
        [sys.executable, "-c", program],
        input='{"kind": "job"}\n{"kind',
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == '{"kind": "ready"}\n'
    assert answer.stderr.splitlines() == ["printed", "echoed", " {'kind': 'job'} None"]


def hear(process):
    """Return the worker's next message that is no progress."""
    for line in process.stdout:
        if (message := json.loads(line))["kind"] != "progress":
            return message
    return None


def say(process, kind, **values):
    process.stdin.write(json.dumps({"kind": kind, **values}) + "\n")


def test_an_epoch_waits_for_its_answer(worker, make_job):
    job = make_job(epochs=5)
    say(worker, "job", job=job.model_dump(mode="json"))
    for epoch in (1, 2):
        message = hear(worker)
        assert (message["kind"], message["record"]["epoch"]) == ("epoch", epoch)
        say(worker, "answer", go_on=epoch < 2)
    assert hear(worker) == {"kind": "measured", "measurement": None}
    assert len(RunFolder(job.folder).recover().epochs) == 2


def test_a_failure_is_told_and_left(worker, make_job):
    job = make_job(choices={"failure": "no luck"})
    say(worker, "job", job=job.model_dump(mode="json"))
    assert hear(worker)["kind"] == "epoch"
    say(worker, "answer", go_on=True)
    no_luck = {"reason": "no luck", "may_pass": False, "of_disk": False}
    assert hear(worker) == {"kind": "failed", "failure": no_luck, "replace": False}
    assert RunFolder(job.folder).recover() == Failure("no luck")


def test_it_ends_when_there_is_no_more_to_do(worker):
    worker.stdin.close()
    assert worker.wait(60) == 0
    assert worker.stdout.read() == worker.stderr.read() == ""


def test_it_finishes_its_job_when_the_driver_hangs_up(worker, make_job):
    job = make_job(epochs=4)
    say(worker, "job", job=job.model_dump(mode="json"))
    assert hear(worker)["kind"] == "epoch"
    worker.stdin.close()
    worker.stdout.close()
    assert worker.wait(60) == 0
    measurement = RunFolder(job.folder).recover()
    assert isinstance(measurement, Measurement)
    assert len(measurement.epochs) == 4


def test_a_tuning_is_its_own_where_the_driver_has_died(worker, make_job):
    job = make_job(choices={"products": "onednn"})
    say(worker, "job", job=job.model_dump(mode="json"))
    asked = hear(worker)
    assert (asked["kind"], asked["device"], asked["key"]) == ("tuned", "cpu, torch unknown", TUNING_KEY)
    worker.stdin.close()
    worker.stdout.close()
    assert worker.wait(60) == 0
    assert RunFolder(job.folder).recover().tunings == {TUNING_KEY: Tuning(products="onednn")}
