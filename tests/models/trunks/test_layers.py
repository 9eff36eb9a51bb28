import pytest
import torch
from torch import nn

from paretocaps.models.geometry import Size
from paretocaps.models.trunks.layers import BatchNorm, convolution_layer, draw_trunk
from paretocaps.models.trunks.shape import ConvolutionShape


@pytest.mark.parametrize(("groups", "expected"), [(1, (2 / (64 * 9)) ** 0.5), (64, (2 / 9) ** 0.5)])
def test_filters_are_drawn_by_the_maps_that_each_of_them_feeds(groups, expected):
    shape = ConvolutionShape("one", 64, 64, Size(3, 3), Size(4, 4), groups=groups)
    layer = convolution_layer(shape)
    draw_trunk(nn.Sequential(layer), torch.Generator().manual_seed(0))
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
