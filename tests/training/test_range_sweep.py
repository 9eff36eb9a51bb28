import pytest
import torch

from paretocaps.domain.choices import Choices
from paretocaps.domain.job import DataSpec
from paretocaps.errors import DataError, UsageError
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.schedules.range_test import rising_rates, suggest
from paretocaps.training.range_sweep import sweep

CHOICES = Choices(primary_capsules=4, precision="fp32", decoder="none")
DATA = DataSpec(limit_train=200)


@pytest.fixture(autouse=True)
def _threads():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_on_digits_the_loss_falls_and_rises_again():
    rates = rising_rates(1e-6, 1.0, 60)
    points = sweep(CHOICES, DATA, 20, rates)
    found = suggest(points)
    assert len(points) > 40
    assert points[0].loss == pytest.approx(0.81, abs=0.02)  # a new network's
    assert 1e-4 < found.steepest <= found.lowest < 1.0
    assert min(point.smoothed for point in points) < 0.6 * points[0].loss


def test_the_same_seed_sees_the_same_and_epochs_follow_each_other():
    rates = rising_rates(1e-5, 1e-3, 11)  # 4 steps an epoch
    losses = [[point.loss for point in sweep(CHOICES, DATA, 50, rates, seed=seed)] for seed in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]
    assert len(losses[0]) == 11


def test_steps_accumulate_as_in_a_training():
    rates = rising_rates(1e-4, 1e-2, 6)
    whole = sweep(CHOICES, DATA, 50, rates)
    parts = sweep(CHOICES.model_copy(update={"accumulate": 5}), DATA, 10, rates)
    assert [p.loss for p in parts] == pytest.approx([p.loss for p in whole], rel=1e-3)


@pytest.mark.slow
def test_a_backbone_begins_with_its_checkpoint(tmp_path):
    choices = Choices(
        family="backbone_caps", backbone="mobilenet_v1", image_size=32, primary_capsules=2, precision="fp32"
    )
    other = build_network(architecture(choices, 8, 8, 1, 10), seed=9)
    torch.save(other.trunk.state_dict(), tmp_path / "net.pt")
    given = choices.model_copy(update={"checkpoint": str(tmp_path / "net.pt"), "frozen": True})
    alone, started = (sweep(one, DATA, 20, [1e-9])[0].loss for one in (choices, given))
    assert started != pytest.approx(alone, abs=1e-7)
    with pytest.raises(DataError, match="does not exist"):
        sweep(choices.model_copy(update={"checkpoint": "missing.pt"}), DATA, 20, [1e-9])


def test_what_cannot_be_trained_is_refused():
    with pytest.raises(UsageError, match="not understood"):
        sweep(CHOICES, DATA, 50, [1e-3, 1e-2], device="gpu")
