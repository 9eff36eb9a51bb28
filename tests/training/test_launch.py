import os
import signal
import time
from pathlib import Path

import pytest

from paretocaps.errors import LostError, TrainingError, UsageError
from paretocaps.training.launch import backend_of, open_ranks, threads_of, torchrun_rank
from paretocaps.training.ranks import ALONE
from paretocaps.training.train import train

PROC = Path("/proc")
needs_proc = pytest.mark.skipif(not PROC.is_dir(), reason="processes are looked up in /proc")


def ranks_below(process):
    """The ranks that `process` or a process below it started."""
    found = []
    for folder in PROC.glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue
        if parent == process and b"paretocaps.training.rank_process" in command:
            found.append(int(folder.name))
    return found


def test_torchrun_says_which_rank_this_is():
    assert torchrun_rank({}) is None
    assert torchrun_rank({"RANK": "0", "WORLD_SIZE": "1"}) is None
    assert torchrun_rank({"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1"}) == (5, 8, 1)
    assert torchrun_rank({"RANK": "x", "WORLD_SIZE": "8"}) is None


def test_another_number_of_ranks_than_torchrun_started_is_refused(job, monkeypatch):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(UsageError, match="ranks=2, but torchrun started 4"), open_ranks(two(job())):
        pass


def two(job):
    return job.model_copy(update={"ranks": 2})


def test_one_rank_is_this_process(job):
    with open_ranks(job()) as ranks:
        assert ranks is ALONE


def test_threads_and_backend_follow_from_the_job(job):
    many = two(job()).model_copy(update={"threads": None, "device": "cuda:0,cuda:1"})
    assert threads_of(many) >= 1
    assert threads_of(two(job())) == 1
    assert (backend_of(many), backend_of(job())) == ("nccl", "gloo")


@pytest.mark.slow
@needs_proc
def test_a_rank_that_is_killed_fails_the_training_at_once(job):
    def kill(record):
        (rank,) = ranks_below(os.getpid())
        os.kill(rank, signal.SIGKILL)
        return True

    began = time.monotonic()
    with pytest.raises(LostError, match=r"rank 1 was lost: it ended by signal 9 \(killed"):
        train(two(job(epochs=50)), kill)
    assert time.monotonic() - began < 60
    assert ranks_below(os.getpid()) == []


@pytest.mark.slow
@needs_proc
def test_a_rank_that_fails_gives_its_reason_and_the_others_end(job):
    failing = two(job(epochs=50)).model_copy(update={"device": "cpu,tpu", "ranks": 2})
    with pytest.raises(TrainingError, match=r"rank 1 was lost: .* device='tpu' is not understood"):
        train(failing, lambda record: True)
    assert ranks_below(os.getpid()) == []
