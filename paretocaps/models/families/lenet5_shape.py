"""Computes the sizes of LeNet5; this file imports no torch."""

from dataclasses import dataclass
from itertools import pairwise

from paretocaps.models.architecture import Architecture
from paretocaps.models.geometry import Size
from paretocaps.models.kept import Kept
from paretocaps.models.part import Part
from paretocaps.models.trunks.shape import ConvolutionShape, output_size

MAPS = (6, 16)
UNITS = (120, 84)
POOL = 2
_KERNEL, _PADDING = Size(5, 5), 2


@dataclass(frozen=True)
class LeNet5Shape:
    """The convolutions of LeNet5, and the inputs and outputs of its linear layers."""

    convolutions: tuple[ConvolutionShape, ConvolutionShape]
    linear: tuple[tuple[int, int], ...]


def lenet5(a: Architecture) -> LeNet5Shape:
    """Return LeNet5 for images of any size: 5x5 convolutions to 6 and 16 maps, 120 and 84 units.

    Images are padded with two zeros per side, so images of 28x28 become the 32x32 of LeCun et al. 1998: the
    network has 61,706 parameters for 10 classes. Larger images give the linear layers larger maps.
    """
    size = output_size(a.input_size, _KERNEL, padding=_PADDING)
    first = ConvolutionShape("conv1", a.channels, MAPS[0], _KERNEL, size, padding=_PADDING)
    size = output_size(_halved(size), _KERNEL)
    second = ConvolutionShape("conv2", MAPS[0], MAPS[1], _KERNEL, size)
    widths = (MAPS[1] * _halved(size).positions, *UNITS, a.classes)
    return LeNet5Shape((first, second), tuple(pairwise(widths)))


def parts(a: Architecture) -> list[Part]:
    """Return the parts of LeNet5, one per layer."""
    shape = lenet5(a)
    found = [Part(layer.name, layer.params, layer.macs) for layer in shape.convolutions]
    for number, (inputs, outputs) in enumerate(shape.linear, start=1):
        found.append(Part(f"linear{number}", (inputs + 1) * outputs, inputs * outputs))
    return found


def kept(a: Architecture, frozen: bool = False) -> Kept:
    """Return the numbers that a training keeps per image: the image, maps, pooled maps and units.

    Pooling keeps where its maxima were, in 8 bytes each.
    """
    shape = lenet5(a)
    pooled = sum(one.outputs * _halved(one.size).positions for one in shape.convolutions)
    maps = sum(one.outputs * one.size.positions for one in shape.convolutions)
    units = sum(outputs for _, outputs in shape.linear)
    return Kept(a.channels * a.input_size.positions + maps + pooled + units, 2 * pooled)


def _halved(size: Size) -> Size:
    return Size(size.height // POOL, size.width // POOL)
