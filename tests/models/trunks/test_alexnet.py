import torch

from paretocaps.models.geometry import Size
from paretocaps.models.trunks.alexnet import AlexNetTrunk
from paretocaps.models.trunks.alexnet_shape import alexnet
from paretocaps.models.trunks.layers import initialise_trunk


def made(channels, size, widths=()):
    shape, generator = alexnet(channels, size, widths), torch.Generator().manual_seed(0)
    trunk = AlexNetTrunk(shape)
    initialise_trunk(trunk, shape, generator)
    return trunk.double(), torch.rand(3, channels, *size, dtype=torch.float64, generator=generator)


def test_it_is_the_layers_of_the_paper(oracle):
    trunk, images = made(1, Size(28, 28))
    torch.testing.assert_close(trunk(images), oracle.trunks["alexnet"](trunk, images))


def test_features_are_not_negative_and_gradients_reach_every_layer():
    trunk, images = made(3, Size(32, 40), (8, 8, 8, 8, 8))
    maps = trunk(images)
    assert maps.min() >= 0
    maps.sum().backward()
    for name, parameter in trunk.named_parameters():
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().max() > 0, name
