"""The probe trainer keeps the contract it is used to test executors with."""

import pytest

from paretocaps.domain.trainer import TRAINERS
from paretocaps.testing.plugin import plug_in, write_plugin
from paretocaps.testing.probe import JUDGED_PROBE, PROBE
from paretocaps.testing.trainer import TrainerContract


class TestProbe(TrainerContract):
    spec = PROBE
    epochs = 10

    @pytest.fixture(autouse=True)
    def _installed(self, tmp_path, monkeypatch):
        entries = {"paretocaps.trainers": {"probe": "paretocaps.testing.probe:PROBE"}}
        plug_in(monkeypatch, write_plugin(tmp_path / "plugin", "probe", entries))

    def test_it_learns(self, training):
        assert training.measurement.acc > 0.8
        losses = [record.train_loss for record in training.records]
        assert losses[-1] < losses[0]

    def test_it_is_found(self):
        assert TRAINERS.get("probe") is PROBE


class TestJudgedProbe(TrainerContract):
    spec = JUDGED_PROBE

    @pytest.fixture(autouse=True)
    def _installed(self, tmp_path, monkeypatch):
        entries = {"paretocaps.trainers": {"judged_probe": "paretocaps.testing.probe:JUDGED_PROBE"}}
        plug_in(monkeypatch, write_plugin(tmp_path / "plugin", "judged_probe", entries))
