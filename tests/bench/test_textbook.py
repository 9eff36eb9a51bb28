"""The plain network is the oracle of the fast one: same weights, same outputs, losses and gradients."""

import pytest
import torch
from torch import Tensor, nn

from paretocaps.bench.textbook import TextbookCapsNet, check_textbook, textbook_loss, textbook_step
from paretocaps.domain.choices import Choices
from paretocaps.errors import UsageError
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.families.capsnet import CapsNet
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


def with_weights_of(fast: CapsNet) -> TextbookCapsNet:
    """Return the plain network with the weights of `fast`, to compare the two."""
    plain = TextbookCapsNet(fast.architecture)
    plain = plain.to(fast.conv1.weight.dtype)
    pairs = list(weight_pairs(fast, plain))
    with torch.no_grad():
        for ours, theirs in pairs:
            theirs.copy_(ours)
    return plain


def weight_pairs(
    fast: CapsNet, plain: TextbookCapsNet, *, gradients: bool = False
) -> list[tuple[Tensor, Tensor]]:
    """Return the parameters of both networks, or their gradients, in pairs of the same shape."""

    def of(parameter: Tensor | None) -> Tensor:
        found = parameter.grad if gradients and parameter is not None else parameter
        if found is None:
            raise ValueError("a parameter has no gradient: run backward first")
        return found

    pairs = [
        (of(fast.conv1.weight).permute(0, 3, 1, 2), of(plain.conv.weight)),
        (of(fast.conv1.bias), of(plain.conv.bias)),
        (of(fast.primary.weight).permute(0, 3, 1, 2), of(plain.primary.weight)),
        (of(fast.primary.bias), of(plain.primary.bias)),
        (of(fast.class_capsules.weight).permute(3, 0, 1, 2), of(plain.weight)),
        (of(fast.class_capsules.get_parameter("bias")), of(plain.bias)),
    ]
    if fast.decoder is not None and plain.decoder is not None:
        linear = [layer for layer in plain.decoder if isinstance(layer, nn.Linear)]
        for ours, theirs in zip(fast.decoder.layers, linear, strict=True):
            pairs.append((of(ours.get_parameter("weight")), of(theirs.weight)))
            pairs.append((of(ours.get_parameter("bias")), of(theirs.bias)))
    return pairs


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
