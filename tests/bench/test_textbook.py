"""The plain network is the oracle of the fast one: same weights, same outputs, losses and gradients."""

import pytest
import torch

from paretocaps.bench.textbook import (
    check_textbook,
    textbook_loss,
    textbook_step,
    weight_pairs,
    with_weights_of,
)
from paretocaps.domain.choices import Choices
from paretocaps.errors import UsageError
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.losses import capsnet_loss

TOLERANCE = {torch.float64: 1e-10, torch.float32: 2e-4}


def both(dtype, batch, shape=(8, 8, 1), **choices):
    """Losses, lengths, reconstructions and gradients of both networks for one batch."""
    torch.manual_seed(1)
    settings = Choices(**{"primary_capsules": 4, **choices})
    fast = build_network(architecture(settings, *shape, 5), 0).to(dtype)
    plain = with_weights_of(fast)
    height, width, channels = shape
    images = torch.rand(batch, channels, height, width, dtype=dtype)
    images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(5, (batch,))
    output = fast(images, labels)
    lengths, reconstruction = plain(images, labels)
    ours, theirs = (
        capsnet_loss(output, images, labels),
        textbook_loss(lengths, reconstruction, images, labels),
    )
    ours.backward()
    theirs.backward()
    values = [(ours, theirs), (output.lengths, lengths)]
    if reconstruction is not None:
        values.append((output.reconstruction, reconstruction))
    return [*values, *weight_pairs(fast, plain, gradients=True)]


def assert_equal(pairs, dtype):
    for ours, theirs in pairs:
        scale = max(float(theirs.detach().abs().max()), 1e-6)
        torch.testing.assert_close(ours, theirs, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * scale)


@pytest.mark.slow
@pytest.mark.parametrize("iterations", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("batch", [1, 2, 7, 16])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("sharing", [False, True])
def test_every_batch_size_and_routing_count(dtype, batch, iterations, sharing):
    assert_equal(both(dtype, batch, routing_iterations=iterations, weight_sharing=sharing), dtype)


@pytest.mark.parametrize("decoder", ["full", "reduced", "none"])
@pytest.mark.parametrize("gradient", ["last", "all"])
def test_every_decoder_and_gradient(decoder, gradient):
    assert_equal(both(torch.float64, 3, decoder=decoder, routing_gradient=gradient), torch.float64)


@pytest.mark.parametrize("shape", [(8, 8, 3), (9, 13, 1), (20, 20, 1), (45, 30, 1)])
def test_every_image_size(shape):
    assert_equal(both(torch.float64, 2, shape=shape, primary_capsules=2), torch.float64)


def test_the_published_geometry_in_float32():
    assert_equal(both(torch.float32, 2, shape=(28, 28, 1), primary_capsules=32), torch.float32)


def test_a_step_learns_and_leaves_the_global_generator_alone():
    shape = architecture(Choices(primary_capsules=2), 8, 8, 1, 5)
    images, labels = torch.rand(8, 1, 8, 8), torch.arange(8) % 5
    before = torch.get_rng_state()
    step = textbook_step(shape, images, labels)
    losses = [float(step().detach()) for _ in range(30)]
    assert losses[-1] < losses[0]
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        ({"family": "lenet5"}, "not family=lenet5"),
        ({"family": "alexnet_caps"}, "not family=alexnet_caps"),
        ({"routing": "sda", "standardise": True}, "not routing=sda, standardise=True"),
        ({"blocks": 2}, "not blocks=2"),
        ({"image_size": 16}, "not image_size=16"),
    ],
)
def test_what_the_plain_network_does_not_equal_is_refused_by_name(choices, named):
    with pytest.raises(UsageError, match=f"the textbook network has family=capsnet, .* {named}: leave out"):
        check_textbook(architecture(Choices(**choices), 28, 28, 1, 10))
