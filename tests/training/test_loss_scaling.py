import pytest
import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.tensor_splits import load
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import DataSpec
from paretocaps.errors import DivergedError
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.training.learner import Learner
from paretocaps.training.loss_scaling import GradientScaling

CPU = torch.device("cpu")


def learner(precision, **choices):
    made = Choices(primary_capsules=2, precision=precision, **choices)
    loader = DeviceLoader(load(DataSpec(limit_train=60)).train, CPU, seed=3)
    return Learner(build_network(architecture(made, 8, 8, 1, 10), 0), loader, made, CPU)


def weights(size=3):
    parameter = torch.nn.Parameter(torch.ones(size))
    return parameter, torch.optim.SGD([parameter], lr=0.5)


def test_a_step_is_taken_on_unscaled_gradients():
    (parameter, sgd), scaling = weights(), GradientScaling(CPU)
    scaled = scaling.scale((parameter * torch.tensor([1.0, 2.0, 3.0])).sum())
    assert scaled.item() > 1000  # else nothing would be tested
    scaled.backward()
    scaling.step(sgd)
    torch.testing.assert_close(parameter.grad, torch.tensor([1.0, 2.0, 3.0]))
    torch.testing.assert_close(parameter.detach(), torch.tensor([0.5, 0.0, -0.5]))
    assert (scaling.steps, scaling.skipped, scaling.remarks) == (1, 0, [])


@pytest.mark.parametrize("broken", [float("inf"), float("nan")])
def test_a_step_with_a_gradient_that_is_not_finite_is_skipped_and_counted(broken):
    (parameter, sgd), scaling = weights(), GradientScaling(CPU)
    for factor in (1.0, broken, 1.0):
        sgd.zero_grad()
        scaling.scale((parameter * factor).sum()).backward()
        scaling.step(sgd)
    torch.testing.assert_close(parameter.detach(), torch.zeros(3))
    assert (scaling.steps, scaling.skipped) == (3, 1)
    assert scaling.remarks == ["1 of 3 steps were skipped: their gradients overflowed in fp16"]


@pytest.mark.slow
def test_float16_trains_as_float32_does():
    """Half precision has 11 bits: the losses agree to about a hundredth."""
    half, single = learner("fp16"), learner("fp32")
    assert half.dtype == torch.float16
    for epoch in (1, 2, 3):
        losses = [one.train_epoch(epoch, 20, [1e-3] * 3) for one in (half, single)]
        assert losses[0] == pytest.approx(losses[1], rel=2e-2)
    assert half.remarks == ["fp16 on a CPU is slow: bf16 or fp32 train in less time"]
    assert all(p.dtype == p.grad.dtype == torch.float32 for p in half.network.parameters())


def test_float16_accumulates_too():
    half, single = learner("fp16", accumulate=4), learner("fp32")
    losses = [half.train_epoch(1, 5, [1e-3] * 3), single.train_epoch(1, 20, [1e-3] * 3)]
    assert losses[0] == pytest.approx(losses[1], rel=2e-2)


def test_overflows_are_said_and_a_loss_that_is_no_number_names_the_precision():
    made = learner("fp16")
    with torch.no_grad():
        made.network.conv1.weight.mul_(1e6)  # more than float16 can hold
    with pytest.raises(DivergedError, match="lower lr_max, or take another precision than fp16"):
        made.train_epoch(1, 20, [1e-3] * 3)
    assert "3 of 3 steps were skipped" in made.remarks[-1]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.gpu
def test_float16_trains_on_cuda_one_step_after_the_other():
    cuda = torch.device("cuda")
    losses = []
    for precision in ("fp16", "fp32"):
        made = Choices(primary_capsules=2, precision=precision)
        loader = DeviceLoader(load(DataSpec(limit_train=210)).train, cuda, seed=3)
        one = Learner(build_network(architecture(made, 8, 8, 1, 10), 0), loader, made, cuda)
        losses.append([one.train_epoch(epoch, 10, [1e-3] * 21) for epoch in (1, 2)])
        if precision == "fp16":
            assert one.remarks[0].endswith("not as a CUDA graph: fp16 reads from the device")
    assert losses[0] == pytest.approx(losses[1], rel=5e-2)
