"""The built-in trainers keep the contract that outside ones keep."""

import pytest

from paretocaps.domain.job import DataSpec
from paretocaps.replay.spec import REPLAY
from paretocaps.testing.trainer import TrainerContract
from paretocaps.training.spec import CAPSNET


@pytest.mark.slow
@pytest.mark.usefixtures("short_reference_step")
class TestCapsnet(TrainerContract):
    spec = CAPSNET
    data = DataSpec(limit_train=128)
    epochs = 3
    choices = {  # noqa: RUF012
        "primary_capsules": 4,
        "decoder": "reduced",
        "batch_size": 64,
        "pruning_ratio": 0.5,
        "pruning_start": 0.5,
    }

    def test_it_was_pruned(self, training):
        assert [record.network for record in training.records] == [0, 0, 1]
        assert training.measurement.best_epoch == 3


class TestReplay(TrainerContract):
    spec = REPLAY
    data = DataSpec(name="digits")
    epochs = 5
