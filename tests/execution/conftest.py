"""Quick jobs for the trainer `probe`, which this process and its workers find."""

import pytest

from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.testing.plugin import plug_in, write_plugin


@pytest.fixture(autouse=True)
def _probe(tmp_path, monkeypatch):
    entries = {"paretocaps.trainers": {"probe": "paretocaps.testing.probe:PROBE"}}
    plug_in(monkeypatch, write_plugin(tmp_path / "plugin", "probe", entries))


@pytest.fixture
def make_job(tmp_path):
    """Return a job in a folder of its own, not made yet."""
    made = []

    def make(**changes):
        made.append(None)
        values = {"choices": {}, "epochs": 2, "folder": tmp_path / f"job-{len(made)}", **changes}
        return TrainingJob(study="s", trial=len(made), trainer="probe", seed=1, data=DataSpec(), **values)

    return make
