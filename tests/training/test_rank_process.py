import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from paretocaps.training.rank_process import passing_exit

PROC = Path("/proc")
ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PROC.is_dir(), reason="processes are looked up in /proc"),
]
FIRST = """
import sys
from paretocaps.domain.job import TrainingJob
from paretocaps.training.train import train
train(TrainingJob.model_validate_json(sys.argv[1]), lambda record: print(record.epoch, flush=True) or True)
"""


def children(process):
    tasks = (PROC / str(process) / "task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def gone(process, seconds=30.0):
    deadline = time.monotonic() + seconds
    while (PROC / str(process)).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not (PROC / str(process)).exists()


def test_a_rank_ends_with_the_first_one_however_that_ends(job):
    made = job(epochs=1000).model_copy(update={"ranks": 2})
    first = subprocess.Popen(
        [sys.executable, "-c", FIRST, made.model_dump_json()],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert first.stdout.readline() == b"1\n"
    (rank,) = children(first.pid)
    assert b"paretocaps.training.rank_process" in (PROC / str(rank) / "cmdline").read_bytes()
    first.kill()
    first.wait()
    first.stdout.close()
    assert gone(rank)


def test_a_rank_says_by_its_exit_code_whether_it_may_succeed_again():
    assert passing_exit(MemoryError()) == passing_exit(RuntimeError("CUDA error: unknown error")) == 75
    assert passing_exit(ValueError("no")) == 1
