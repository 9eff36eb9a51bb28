import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from paretocaps.domain.families.alexnet_caps import ALEXNET_CAPS
from paretocaps.domain.families.resnet_caps import RESNET_CAPS
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.models.geometry import Size
from paretocaps.models.trunks.layers import convolution_layer
from paretocaps.models.trunks.shape import TRUNKS, ConvolutionShape, output_size
from paretocaps.registry import resolve

SIDE = 64
EACH = pytest.mark.parametrize("name", list(TRUNKS))


def shape(name, widths=()):
    return TRUNKS.get(name).shape(3, Size(SIDE, SIDE), widths)


def halved(name):
    """Widths of a narrow trunk, another one for each group of tied convolutions."""
    found = shape(name)
    widths = list(found.widths)
    for number, group in enumerate(found.groups):
        for convolution in group:
            widths[convolution] = 3 + number % 5
    return tuple(widths)


@EACH
@pytest.mark.parametrize("narrow", [False, True], ids=["full", "narrow"])
def test_sizes_are_those_of_the_module(name, narrow):
    found = shape(name, halved(name) if narrow else ())
    module = resolve(TRUNKS.get(name).module)(found).eval()
    by_name = dict(module.named_modules())
    for convolution in found.convolutions:
        layer = by_name[convolution.name]
        assert (layer.in_channels, layer.out_channels) == (convolution.inputs, convolution.outputs)
    assert sum(p.numel() for p in module.parameters()) == sum(c.params for c in found.convolutions)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        maps = module(torch.rand(1, 3, SIDE, SIDE))
    assert maps.shape == (1, found.channels, *found.size)
    assert counter.get_total_flops() == 2 * sum(c.macs for c in found.convolutions)


@EACH
def test_a_trunk_comes_back_from_its_widths(name):
    assert shape(name, shape(name).widths) == shape(name)
    assert shape(name, halved(name)).widths == halved(name)


@EACH
def test_tied_convolutions_are_those_that_cannot_differ(name):
    found = shape(name)
    assert sorted(number for group in found.groups for number in group) == list(range(len(found.widths)))
    for group in found.groups:
        if len(group) == 1:
            continue
        widths = list(found.widths)
        widths[group[-1]] -= 1
        with pytest.raises((UsageError, RuntimeError, ValueError)):
            resolve(TRUNKS.get(name).module)(shape(name, widths))(torch.rand(2, 3, SIDE, SIDE))


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "mobilenet_v1"])
def test_another_number_of_widths_is_refused(name):
    with pytest.raises(UsageError, match=f"trunk_channels has 2 numbers: {name} has"):
        shape(name, (4, 4))


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "mobilenet_v1"])
def test_tied_widths_that_differ_are_refused(name):
    widths = list(shape(name).widths)
    widths[-2 if name == "mobilenet_v1" else -1] -= 1
    with pytest.raises(UsageError, match=r"trunk_channels gives .* give both the same number"):
        shape(name, widths)


BUILT = ("alexnet", "residual")
SMALLEST_SIDES = {"alexnet": ALEXNET_CAPS.smallest_side, "residual": RESNET_CAPS.smallest_side}


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


@pytest.mark.parametrize(("padding", "stride", "taps"), [(0, 1, 9.0), (1, 1, 49 / 9), (1, 2, 4.0)])
def test_taps_are_those_that_read_the_maps_and_not_the_zeros_around_them(padding, stride, taps):
    read = Size(3, 3)
    shape = ConvolutionShape(
        "c", 2, 2, Size(3, 3), output_size(read, Size(3, 3), stride, padding), stride, padding
    )
    ones = torch.ones(1, 1, *read)
    seen = torch.nn.functional.conv2d(ones, torch.ones(1, 1, 3, 3), stride=stride, padding=padding)
    assert shape.taps == pytest.approx(seen.mean().item())
    assert shape.taps == pytest.approx(taps)


@pytest.mark.parametrize("name", BUILT)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_trunk_is_what_its_shape_says(name, channels):
    trunk, smallest = TRUNKS.get(name), SMALLEST_SIDES[name]
    for side in (Size(smallest, smallest), Size(smallest + 5, smallest + 9)):
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
    side = Size(SMALLEST_SIDES[name], SMALLEST_SIDES[name])
    full = trunk.shape(1, side, ())
    assert trunk.shape(1, side, full.widths) == full
    narrow = trunk.shape(1, side, tuple(width // 4 for width in full.widths))
    assert narrow.widths == tuple(width // 4 for width in full.widths)
    assert narrow.size == full.size
    assert resolve(trunk.module)(narrow)(torch.zeros(1, 1, *side)).shape[1] == narrow.channels


def test_an_unknown_trunk_is_refused():
    with pytest.raises(UnknownNameError, match="unknown trunk 'alexnett': did you mean 'alexnet'"):
        TRUNKS.get("alexnett")
