import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.domain.choices import Choices
from paretocaps.errors import UsageError
from paretocaps.models.architecture import Architecture, architecture
from paretocaps.models.build import build_network
from paretocaps.models.complexity import parameters
from paretocaps.models.losses import capsnet_loss
from paretocaps.models.pruning.prune import prune
from paretocaps.models.pruning.saliency import measure
from paretocaps.models.standardise import standardise


@settings(deadline=None, max_examples=50)
@given(channels=st.sampled_from([1, 3]), side=st.integers(2, 9), seed=st.integers(0, 99))
def test_each_image_has_mean_0_and_deviation_1_over_all_its_values(channels, side, seed):
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(4, side, side + 1, channels, generator=generator, dtype=torch.float64)
    images = images.permute(0, 3, 1, 2)
    found = standardise(images)
    for before, after in zip(images, found, strict=True):
        values = before.flatten().tolist()
        mean = math.fsum(values) / len(values)
        deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / len(values))
        floor = 1 / math.sqrt(len(values))
        torch.testing.assert_close(after, (before - mean) / max(deviation, floor), rtol=1e-9, atol=1e-12)
    assert found.stride() == images.stride()


def test_an_image_of_one_colour_becomes_zeros_and_a_faint_one_is_not_blown_up():
    flat = torch.full((1, 1, 8, 8), 0.3)
    assert standardise(flat).abs().max() < 1e-5
    faint = flat.clone()
    faint[0, 0, 0, 0] += 0.01
    assert standardise(faint).max() == pytest.approx(0.01 * 8, rel=0.05)  # the floor is 1 / 8


def test_a_network_sees_no_brightness_or_contrast_but_draws_the_image():
    shape = {"height": 9, "width": 8, "channels": 3, "classes": 3, "conv_channels": 8, "capsule_types": 4}
    network = build_network(Architecture(**shape, standardise=True), 0)
    plain = build_network(Architecture(**shape), 0)
    images = torch.rand(5, 3, 9, 8, generator=torch.Generator().manual_seed(0))
    changed = 0.2 + 0.5 * images
    torch.testing.assert_close(network.scores(images), network.scores(changed), rtol=1e-4, atol=1e-6)
    assert not torch.allclose(plain.scores(images), plain.scores(changed), rtol=1e-3)
    torch.testing.assert_close(network.scores(images), plain.scores(standardise(images)))
    output = network(images, torch.zeros(5, dtype=torch.int64))
    assert output.reconstruction.min() >= 0  # the loss compares this with the image in [0, 1], in colour
    assert output.reconstruction.shape == (5, 3 * 9 * 8)
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        drawn = network(images, torch.arange(5) % 3).reconstruction
        losses.append((drawn - images.flatten(1)).square().mean())
        losses[-1].backward()
        optimizer.step()
    assert losses[-1] < 0.8 * losses[0]
    assert torch.isfinite(capsnet_loss(network(images, torch.arange(5) % 3), images, torch.arange(5) % 3))


def test_it_costs_no_parameters_and_survives_pruning_and_json():
    choices = Choices(standardise=True, primary_capsules=4)
    found = architecture(choices, 9, 8, 1, 3)
    assert found.standardise
    assert parameters(found) == parameters(architecture(Choices(primary_capsules=4), 9, 8, 1, 3))
    assert Architecture.model_validate_json(found.model_dump_json()) == found
    network = build_network(found, 0)
    images = torch.rand(4, 1, 9, 8)
    target = found.model_copy(update={"capsule_types": 2})
    optimizer = torch.optim.Adam(network.parameters())
    saliencies = measure(network, [images], "routing", 0)
    smaller, _ = prune(network, optimizer, target, saliencies)
    torch.testing.assert_close(smaller.scores(images), smaller.scores(images / 2), rtol=1e-3, atol=1e-5)
    with pytest.raises(UsageError, match="cannot prune to standardise=False"):
        prune(network, optimizer, target.model_copy(update={"standardise": False}), saliencies)
