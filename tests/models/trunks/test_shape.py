import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from paretocaps.errors import UsageError
from paretocaps.models.geometry import Size
from paretocaps.models.trunks.shape import TRUNKS
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
    with pytest.raises(UsageError, match=r"trunk_channels gives .* they must be as many"):
        shape(name, widths)
