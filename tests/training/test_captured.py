import pytest
import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.tensor_splits import load
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import DataSpec
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.training.captured import BlockSteps, CapturedSteps
from paretocaps.training.learner import Learner

CPU = torch.device("cpu")
CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
RATES = [1e-3, 5e-4, 2e-4, 1e-4]


def learner(device=CPU, captures=None, precision="fp32", accumulate=1):
    choices = Choices(primary_capsules=4, precision=precision, accumulate=accumulate)
    loader = DeviceLoader(load(DataSpec(limit_train=210)).train, device, seed=3)
    return Learner(build_network(architecture(choices, 8, 8, 1, 10), 0), loader, choices, device, captures)


def state(made):
    return [parameter.detach().cpu() for parameter in made.network.parameters()]


def test_a_step_that_finds_its_own_batch_and_rate_is_the_step():
    one, other = learner(), learner()
    block = next(iter(one.loader.blocks(50, 1)))
    steps = BlockSteps(other._step, one.loader.image_shape, 50, one.loader.block_steps(50))
    for turn in range(2):  # a block's number, loss and counter start anew
        expected = sum(
            float(one.step(block[0][i : i + 50], block[1][i : i + 50], rate)) * 50
            for i, rate in zip(range(0, 200, 50), RATES, strict=True)
        )
        assert steps.load(block, RATES) == 4
        for _ in range(4):
            steps.take()
        assert float(steps.loss) == pytest.approx(expected, rel=1e-6), turn
    for a, b in zip(state(one), state(other), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_the_batches_it_finds_are_channels_last_as_the_loaders():
    made = learner()
    block = next(iter(made.loader.blocks(50, 1)))
    seen = []
    made._step.take = lambda images, labels: seen.append(images) or torch.zeros(())
    steps = BlockSteps(made._step, made.loader.image_shape, 50, 4)
    steps.load(block, RATES)
    steps.take()
    torch.testing.assert_close(seen[0], block[0][:50], rtol=0, atol=0)
    assert seen[0].is_contiguous(memory_format=torch.channels_last)


def test_a_smaller_last_batch_is_left_to_others():
    made = learner()
    steps = BlockSteps(made._step, made.loader.image_shape, 100, 20)
    assert steps.load(next(iter(made.loader.blocks(100, 1))), [1e-3] * 3) == 2


@pytest.mark.slow
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA")
def test_without_cuda_steps_are_taken_one_by_one_and_that_is_said():
    made, plain = learner(captures=True), learner()
    losses = [one.train_epoch(epoch, 10, [1e-3] * 21) for epoch in (1, 2) for one in (made, plain)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    assert losses[2] == pytest.approx(losses[3], rel=1e-6)
    assert len(made.remarks) == 1
    assert "one by one, not as a CUDA graph" in made.remarks[0]
    assert plain.remarks == []
    with pytest.raises((RuntimeError, AssertionError)):
        CapturedSteps(BlockSteps(plain._step, plain.loader.image_shape, 10, 20))


@CUDA
@pytest.mark.gpu
@pytest.mark.parametrize("batch", [1, 16, 50])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_captured_training_is_the_one_that_is_not(batch, precision):
    device = torch.device("cuda")
    captured, plain = learner(device, True, precision), learner(device, False, precision)
    steps = -(-210 // batch)
    for epoch, rate in enumerate([1e-3, 5e-4], start=1):
        rates = [rate * (1 - i / (2 * steps)) for i in range(steps)]
        assert captured.train_epoch(epoch, batch, rates) == pytest.approx(
            plain.train_epoch(epoch, batch, rates), rel=1e-2
        )
    assert captured.remarks == []
    assert (captured._captured is not None) == (10 * batch <= 210)


@CUDA
@pytest.mark.gpu
def test_a_captured_step_that_accumulates_is_the_one_that_is_not():
    device = torch.device("cuda")
    captured, plain = (learner(device, made, accumulate=3) for made in (True, False))
    for epoch in (1, 2):
        losses = [one.train_epoch(epoch, 5, [1e-3] * 14) for one in (captured, plain)]
        assert losses[0] == pytest.approx(losses[1], rel=1e-2)
    assert captured.remarks == []
    assert captured._captured is not None


@CUDA
@pytest.mark.gpu
def test_phases_and_pruning_capture_again():
    made = learner(torch.device("cuda"), True)
    made.train_epoch(1, 1, [1e-3] * 210)
    first = made._captured
    made.train_epoch(2, 16, [1e-3] * 14)
    assert made._captured is not first
    made.replace(made.network, made.optimizer)
    assert made.train_epoch(3, 16, [1e-3] * 14) < 1.0
