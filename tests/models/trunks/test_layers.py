from dataclasses import replace

import pytest
import torch
from torch import nn

from paretocaps.models.geometry import Size
from paretocaps.models.trunks.alexnet import AlexNetTrunk
from paretocaps.models.trunks.alexnet_shape import alexnet
from paretocaps.models.trunks.layers import (
    BatchNorm,
    NarrowProjection,
    convolution_layer,
    initialise_trunk,
    norm_layer,
)
from paretocaps.models.trunks.residual import ResidualTrunk
from paretocaps.models.trunks.residual_shape import residual
from paretocaps.models.trunks.shape import ConvolutionShape, TrunkShape


@pytest.mark.parametrize(("groups", "expected"), [(1, (2 / (64 * 9)) ** 0.5), (64, (2 / 9) ** 0.5)])
def test_filters_are_drawn_by_the_maps_that_each_of_them_feeds(groups, expected):
    shape = ConvolutionShape("one", 64, 64, Size(3, 3), Size(4, 4), groups=groups)
    shape = replace(shape, norm=True)
    layer = convolution_layer(shape)
    trunk = nn.ModuleDict({"one": layer})
    initialise_trunk(trunk, TrunkShape((shape,), shape.size, Size(1, 1)), torch.Generator().manual_seed(0))
    assert layer.weight.std().item() == pytest.approx(expected, rel=0.15)
    assert not layer.bias.any()


def test_normalisation_of_many_values_is_torchs():
    ours, theirs = BatchNorm(3), nn.BatchNorm2d(3)
    maps = torch.rand(4, 3, 2, 2)
    assert torch.equal(ours(maps), theirs(maps))
    assert torch.equal(ours.running_var, theirs.running_var)


def test_a_single_value_is_normalised_by_the_statistics_so_far():
    layer = BatchNorm(3)
    layer(torch.rand(8, 3, 1, 1))
    mean, one = layer.running_mean.clone(), torch.rand(1, 3, 1, 1, requires_grad=True)
    found = layer(one)
    assert torch.equal(layer.running_mean, mean)
    assert torch.equal(found, layer.eval()(one))
    found.sum().backward()
    assert one.grad is not None


def test_a_layer_is_what_its_shape_says():
    shape = ConvolutionShape("c", 4, 6, Size(3, 5), Size(7, 5), stride=2, padding=1, groups=2, bias=False)
    layer = convolution_layer(shape)
    assert layer(torch.zeros(1, 4, 13, 11)).shape == (1, 6, 7, 5)
    assert (layer.groups, layer.bias) == (2, None)
    assert norm_layer(shape).num_features == 6


@pytest.mark.parametrize("inputs", [1, 3, 5, 12])
def test_a_narrow_projection_is_the_convolution_that_its_shape_says(inputs):
    """In channels-last order, in which oneDNN's own wrote past its memory on some processors."""
    shape = ConvolutionShape("c", inputs, 10, Size(1, 1), Size(4, 4), stride=2, bias=False)
    layer = convolution_layer(shape).to(memory_format=torch.channels_last)
    nn.init.normal_(layer.weight)
    maps = torch.rand(100, inputs, 8, 7).contiguous(memory_format=torch.channels_last).requires_grad_()
    exact = [value.detach().double().requires_grad_() for value in (maps, layer.weight)]
    found, expected = layer(maps), nn.functional.conv2d(*exact, stride=2)
    weights = torch.rand(expected.shape)
    (found * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(found.double(), expected, rtol=1e-4, atol=1e-4)
    for own, other in zip((maps, layer.weight), exact, strict=True):
        torch.testing.assert_close(own.grad.double(), other.grad, rtol=1e-4, atol=1e-3)


def test_wide_and_padded_projections_are_torchs_own():
    wide = ConvolutionShape("c", 16, 10, Size(1, 1), Size(4, 4), stride=2)
    for shape in (wide, replace(wide, inputs=3, stride=1), replace(wide, inputs=3, padding=1)):
        assert type(convolution_layer(shape)) is nn.Conv2d
    assert type(convolution_layer(replace(wide, inputs=15))) is NarrowProjection


def test_the_generator_alone_decides_a_trunks_weights():
    def drawn(seed):
        shape = residual(1, Size(12, 12))
        trunk = ResidualTrunk(shape)
        trunk(torch.rand(2, 1, 12, 12))
        initialise_trunk(trunk, shape, torch.Generator().manual_seed(seed))
        return trunk.state_dict()

    before = torch.get_rng_state()
    torch.manual_seed(1)
    first = drawn(5)
    torch.manual_seed(2)
    again, other = drawn(5), drawn(6)
    torch.set_rng_state(before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["conv.weight"], other["conv.weight"])
    assert torch.equal(first["bn.running_mean"], torch.zeros(32))
    assert first["bn.num_batches_tracked"] == 0


def test_convolutions_without_normalisation_are_drawn_by_the_taps_that_read_maps():
    shape = alexnet(1, Size(28, 28))
    trunk = AlexNetTrunk(shape)
    initialise_trunk(trunk, shape, torch.Generator().manual_seed(0))
    for found in shape.convolutions:
        layer = trunk.get_submodule(found.name)
        expected = (2 / (found.inputs * found.taps)) ** 0.5
        assert layer.weight.std().item() == pytest.approx(expected, rel=0.03)
        assert layer.bias.count_nonzero() == 0
    assert shape.convolutions[4].taps == 4  # of nine, on maps of 2x2


def test_features_start_about_as_large_as_the_images():
    shape = alexnet(1, Size(28, 28))
    trunk = AlexNetTrunk(shape)
    sizes = []
    for seed in range(8):
        generator = torch.Generator().manual_seed(seed)
        initialise_trunk(trunk, shape, generator)
        images = torch.rand(32, 1, 28, 28, generator=generator)
        sizes.append((trunk(images).square().mean() / images.square().mean()).sqrt().item())
    assert 0.5 < sum(sizes) / 8 < 4
