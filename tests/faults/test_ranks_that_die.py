"""Where a rank dies, the others end, and the training is tried again; nothing is left behind."""

import os
import signal
from pathlib import Path

import pytest

from paretocaps import service
from paretocaps.search.observer import Observer
from paretocaps.storage.store import Store

PROC = Path("/proc")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PROC.is_dir(), reason="processes are looked up in /proc"),
]


def ranks():
    """The ranks that this process's workers started, by id."""
    parents = {}
    for folder in PROC.glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            parents[int(folder.name)] = parent, (folder / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue
    ours = [pid for pid, (parent, _) in parents.items() if parent == os.getpid()]
    module = b"paretocaps.training.rank_process"
    return [pid for pid, (parent, text) in parents.items() if parent in ours and module in text]


class Killer(Observer):
    """Kills the second rank of the first trial."""

    def __init__(self):
        self.reasons, self.finished, self.killed = {}, [], []

    def epoch(self, job, record):
        if not self.killed and record.epoch == 1:
            self.killed = ranks()
            os.kill(self.killed[0], signal.SIGKILL)

    def trial_failed(self, trial, reason):
        self.reasons[trial] = reason

    def trial_finished(self, trial, values):
        self.finished.append(trial)


def test_the_training_of_a_killed_rank_is_tried_again(tmp_path):
    watcher = Killer()
    storage = f"sqlite:///{tmp_path}/s.db"
    quick = {"primary_capsules": 2, "precision": "fp32", "pruning_ratio": 0.0}
    spec = {
        "study": "s",
        "storage": storage,
        "objectives": "acc,params",
        "trials": 2,
        "epochs": 2,
        "ranks": 2,
    }
    given = {**spec, "device": "cpu", "limit_train": 60, "fix": quick, "designs": ["baseline", "ws"]}
    summary = service.optimize(given, observer=watcher)
    assert len(watcher.killed) == 1
    assert watcher.reasons == {}
    assert summary.finished == 2
    assert ranks() == []
    with Store.open(storage, create=False) as store:
        lost, attempt = store.trial("s", watcher.finished[0]).attempts
    assert lost.reason.startswith("rank 1 was lost: it ended by signal 9 (killed")
    assert "2 ranks of" in attempt.measurement.device.name
