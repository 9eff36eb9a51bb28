"""Studies of the quick trainer `probe`, run in this process."""

from pathlib import Path

import pytest

from paretocaps import service
from paretocaps.domain.trainer import TRAINERS
from paretocaps.search.observer import Observer
from paretocaps.testing.probe import PROBE


class Watcher(Observer):
    """Keeps what it is told."""

    def __init__(self):
        self.started, self.finished, self.failed, self.fronts, self.notices = [], [], [], [], []
        self.seeds, self.seed_values, self.seed_failures, self.redone = [], [], [], []
        self.rejected, self.ended, self.epochs_told_of = [], [], []

    def trial_started(self, job, design):
        self.started.append((job.trial, job.seed, job.attempt, design))

    def epochs_told(self, job, epochs, device):
        self.epochs_told_of.append((job.trial, [epoch.steps for epoch in epochs], device))

    def training_ended(self, training):
        self.ended.append(training)

    def trial_finished(self, trial, values):
        self.finished.append((trial, values))

    def trial_failed(self, trial, reason):
        self.failed.append((trial, reason))

    def seeds_missing(self, trials, seeds):
        self.seeds.append((trials, seeds))

    def seed_finished(self, trial, seed, values):
        self.seed_values.append((trial, seed, values))

    def seed_redone(self, trial, seed, values, quieter):
        self.redone.append((trial, seed, quieter))

    def seed_failed(self, trial, seed, reason):
        self.seed_failures.append((trial, seed, reason))

    def trial_rejected(self, trial, reason):
        self.rejected.append((trial, reason))

    def front_changed(self, front):
        self.fronts.append(front)

    def notice(self, message):
        self.notices.append(message)


@pytest.fixture(autouse=True)
def _probe():
    if "probe" not in TRAINERS:
        TRAINERS.register("probe", PROBE)


@pytest.fixture
def storage(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/studies/test.db"


@pytest.fixture
def run(storage):
    """Run a study of the probe inline; return the summary and what a watcher saw."""

    def run(more=None, **options):
        flags = {
            "study": "s",
            "storage": storage,
            "trainer": "probe",
            "executor": "inline",
            "objectives": "acc,time",
            "trials": 4,
            "epochs": 2,
            **options,
        }
        watcher = Watcher()
        return service.optimize(flags, more=more, observer=watcher), watcher

    return run
