import pytest
import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.tensor_splits import load
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import DataSpec
from paretocaps.errors import DivergedError
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.losses import capsnet_loss
from paretocaps.training.learner import Learner

CPU = torch.device("cpu")
CHOICES = Choices(primary_capsules=4, precision="fp32", weight_decay=0.01)


def learner():
    splits = load(DataSpec(limit_train=60))
    network = build_network(architecture(CHOICES, 8, 8, 1, 10), 0)
    return Learner(network, DeviceLoader(splits.train, CPU, seed=3), CHOICES, CPU), splits


def test_an_epoch_is_the_plain_loop():
    """The same images, rates and Adam, written out."""
    ours, splits = learner()
    rates = [1e-3, 5e-4, 1e-4]
    loss = ours.train_epoch(1, 20, rates)
    network = build_network(architecture(CHOICES, 8, 8, 1, 10), 0)
    adam = torch.optim.Adam(network.parameters(), weight_decay=0.01)
    total = 0.0
    for (images, labels), rate in zip(
        DeviceLoader(splits.train, CPU, seed=3).batches(20, 1), rates, strict=True
    ):
        adam.param_groups[0]["lr"] = rate
        adam.zero_grad()
        one = capsnet_loss(network(images, labels), images, labels)
        one.backward()
        adam.step()
        total += one.item() * len(labels)
    assert abs(loss - total / 60) < 1e-5
    for a, b in zip(ours.network.parameters(), network.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=2e-5)


def test_adams_state_is_kept_across_a_batch_change():
    ours, _ = learner()
    ours.train_epoch(1, 20, [1e-3] * 3)
    ours.train_epoch(2, 30, [1e-3] * 2)
    assert {int(state["step"]) for state in ours.optimizer.state.values()} == {5}


def test_each_phase_of_the_clock_is_one_batch_size_and_network():
    ours, _ = learner()
    ours.train_epoch(1, 30, [1e-3] * 2)
    ours.train_epoch(2, 30, [1e-3] * 2)
    assert len(ours.stopwatch._phases) == 1
    ours.train_epoch(3, 20, [1e-3] * 3)
    assert len(ours.stopwatch._phases) == 2
    ours.replace(ours.network, ours.optimizer)
    ours.train_epoch(4, 20, [1e-3] * 3)
    assert len(ours.stopwatch._phases) == 3
    assert set(ours.stopwatch.seconds()) == {1, 2, 3, 4}


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_an_error_with_its_remedy(broken):
    ours, _ = learner()
    with torch.no_grad():
        ours.network.conv1.weight.fill_(broken)
    with pytest.raises(DivergedError, match=r"the loss became (nan|inf) in epoch 2: lower lr_max"):
        ours.train_epoch(2, 30, [1e-3] * 2)


def test_accumulating_is_training_with_as_many_times_the_batch():
    """The same images in the same order: k passes of b images a step, and one of k x b; in less memory."""
    splits = load(DataSpec(limit_train=70))
    done = []
    for batch, accumulate in ((24, 1), (8, 3)):
        choices = CHOICES.model_copy(update={"accumulate": accumulate})
        network = build_network(architecture(choices, 8, 8, 1, 10), 0)
        one = Learner(network, DeviceLoader(splits.train, CPU, seed=3), choices, CPU)
        losses = [one.train_epoch(epoch, batch, [1e-3] * 3) for epoch in (1, 2)]
        assert {int(state["step"]) for state in one.optimizer.state.values()} == {6}
        done.append((losses, list(network.parameters()), one.peak_bytes))
    (plain, theirs, whole), (summed, ours, parts) = done
    assert summed == pytest.approx(plain, rel=1e-4)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=5e-5)
    assert parts < whole


def test_a_smaller_last_batch_is_not_typical_on_a_cpu_unless_it_is_the_only_one(monkeypatch):
    ours, _ = learner()
    told, lap = [], ours.stopwatch.lap
    monkeypatch.setattr(ours.stopwatch, "lap", lambda *a, typical, **k: told.append(typical) or lap(*a, **k))
    ours.train_epoch(1, 45, [1e-3] * 2)
    ours.train_epoch(2, 90, [1e-3])
    assert told == [True, False, True]


def test_the_loss_of_an_epoch_that_is_restored_is_kept_again():
    ours, _ = learner()
    ours.train_epoch(1, 30, [1e-3] * 2)
    state = {**ours.state(), "batch_size": 30, "taken": 1, "losses": (7.5,)}
    again, _ = learner()
    again.restore(state)
    assert again.state()["losses"] == (7.5,)
