import pytest
import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.tensor_splits import load
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import DataSpec
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.training.learner import Learner

CPU = torch.device("cpu")
_FULL = "0.8049928 0.6781443 0.5680926 0.5144729 0.4857601 0.4883570 0.5038002"
_FULL += " 0.4909602 0.4788322 0.4900834 0.5103171 0.4866013 0.4662987 0.4726224"
_SHARED = "0.8076025 0.6751000 0.5748028 0.5492414 0.5214072 0.5288830 0.5269268"
_SHARED += " 0.5138779 0.5213262 0.5371809 0.5629218 0.5401607 0.5238261 0.5479788"
LOSSES = {False: list(map(float, _FULL.split())), True: list(map(float, _SHARED.split()))}
"""Of the first steps in float32, as they were before the step was made faster (sharing: yes or no)."""


@pytest.mark.parametrize("sharing", [False, True])
def test_a_seeded_training_in_float32_has_the_losses_it_always_had(sharing):
    decoder = "reduced" if sharing else "full"
    choices = Choices(primary_capsules=8, precision="fp32", weight_sharing=sharing, decoder=decoder)
    loader = DeviceLoader(load(DataSpec(limit_train=200)).train, CPU, seed=0)
    learner = Learner(build_network(architecture(choices, 8, 8, 1, 10), 0), loader, choices, CPU)
    losses = [
        float(learner.step(images, labels, rate))
        for epoch, (size, rate) in enumerate([(50, 1e-3), (20, 5e-4)], start=1)
        for images, labels in loader.batches(size, epoch)
    ]
    assert losses == pytest.approx(LOSSES[sharing], rel=2e-4)


def test_weights_and_their_gradients_stay_float32_where_products_are_bfloat16():
    choices = Choices(primary_capsules=4, precision="bf16")
    loader = DeviceLoader(load(DataSpec(limit_train=60)).train, CPU)
    learner = Learner(build_network(architecture(choices, 8, 8, 1, 10), 0), loader, choices, CPU)
    loss = learner.step(*next(loader.batches(20, 1)), 1e-3)
    assert loss.dtype == torch.float32
    assert not loss.requires_grad
    for parameter in learner.network.parameters():
        assert parameter.dtype == parameter.grad.dtype == torch.float32


def trained(choices, sizes, images=37):
    """Weights and loss after a step on `images` digits, in passes of `sizes`."""
    loader = DeviceLoader(load(DataSpec(limit_train=60)).train, CPU)
    learner = Learner(build_network(architecture(choices, 8, 8, 1, 10), 0), loader, choices, CPU)
    learner._step.pass_images = sizes
    loss = learner.step(*next(loader.batches(images, 1)), 1e-3)
    return float(loss), [parameter.grad for parameter in learner.network.parameters()]


@pytest.mark.parametrize("size", [1, 8, 12, 36, 37, 64])
def test_passes_add_up_to_the_gradient_of_the_whole_batch(size):
    """Of 37 images the last pass has fewer: it must not weigh more."""
    choices = Choices(primary_capsules=4, precision="fp32")
    whole, gradients = trained(choices, 0)
    loss, summed = trained(choices, size)
    assert loss == pytest.approx(whole, rel=1e-5)
    for ours, theirs in zip(summed, gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("batch", [1, 16])
def test_a_step_on_small_images_takes_few_operations(batch):
    """All that the profiler counts: operations, those that they call, and nodes of the backward pass."""
    choices = Choices(precision="fp32")
    loader = DeviceLoader(load(DataSpec(limit_train=60)).train, CPU)
    learner = Learner(build_network(architecture(choices, 8, 8, 1, 10), 0), loader, choices, CPU)
    images, labels = next(loader.batches(batch, 1))
    learner.step(images, labels, 1e-3)  # the first step makes the optimiser's state
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        learner.step(images, labels, 1e-3)
    assert sum(event.count for event in profile.key_averages()) <= {1: 600, 16: 625}[batch]
