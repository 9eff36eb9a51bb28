import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.errors import UnknownNameError
from paretocaps.models.geometry import Size
from paretocaps.models.trunks.layers import convolution_layer
from paretocaps.models.trunks.shape import TRUNKS, ConvolutionShape, output_size
from paretocaps.registry import resolve

BUILT = ("alexnet", "residual")


@settings(deadline=None, max_examples=60)
@given(
    side=st.tuples(st.integers(5, 20), st.integers(5, 20)),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.integers(1, 4),
    padding=st.integers(0, 2),
)
def test_output_size_is_torchs(side, kernel, stride, padding):
    layer = torch.nn.Conv2d(1, 1, kernel, stride=stride, padding=padding)
    found = output_size(Size(*side), Size(*kernel), stride, padding)
    assert tuple(layer(torch.zeros(1, 1, *side)).shape[2:]) == found


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("norm", [True, False])
def test_a_convolution_counts_its_parameters_and_multiply_adds(groups, bias, norm):
    shape = ConvolutionShape("c", 4, 6, Size(3, 2), Size(5, 7), groups=groups, bias=bias, norm=norm)
    weights = 6 * (4 // groups) * 3 * 2
    assert shape.weights == weights
    assert shape.params == weights + (6 if bias else 0) + (12 if norm else 0)
    assert shape.macs == weights * 35
    assert sum(p.numel() for p in convolution_layer(shape).parameters()) == weights + (6 if bias else 0)


@pytest.mark.parametrize("name", BUILT)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_trunk_is_what_its_shape_says(name, channels):
    trunk = TRUNKS.get(name)
    for side in (Size(trunk.smallest, trunk.smallest), Size(trunk.smallest + 5, trunk.smallest + 9)):
        shape = trunk.shape(channels, side, ())
        module = resolve(trunk.module)(shape).eval()
        maps = module(torch.zeros(2, channels, *side))
        assert maps.shape == (2, shape.channels, *shape.size)
        assert sum(p.numel() for p in module.parameters()) == sum(c.params for c in shape.convolutions)
        layers = dict(module.named_modules())
        for convolution in shape.convolutions:
            layer = layers[convolution.name]
            assert (layer.in_channels, layer.out_channels) == (convolution.inputs, convolution.outputs)
        kernel = torch.nn.Conv2d(shape.channels, 1, tuple(shape.kernel), stride=shape.stride)
        assert tuple(kernel(maps).shape[2:]) == shape.primary


@pytest.mark.parametrize("name", BUILT)
def test_a_trunk_is_made_with_the_widths_it_is_given(name):
    trunk = TRUNKS.get(name)
    side = Size(trunk.smallest, trunk.smallest)
    full = trunk.shape(1, side, ())
    assert trunk.shape(1, side, full.widths) == full
    narrow = trunk.shape(1, side, tuple(width // 4 for width in full.widths))
    assert narrow.widths == tuple(width // 4 for width in full.widths)
    assert narrow.size == full.size
    assert resolve(trunk.module)(narrow)(torch.zeros(1, 1, *side)).shape[1] == narrow.channels


def test_an_unknown_trunk_is_refused():
    with pytest.raises(UnknownNameError, match="unknown trunk 'alexnett': did you mean 'alexnet'"):
        TRUNKS.get("alexnett")
