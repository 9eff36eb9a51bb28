"""Sizes of the one or two convolutions of the CapsNet papers."""

from collections.abc import Sequence

from paretocaps.models.geometry import PRIMARY_STRIDE, SECOND_KERNEL, Size, geometry
from paretocaps.models.trunks.shape import ConvolutionShape, TrunkShape


def convolutions(channels: int, size: Size, widths: Sequence[int]) -> TrunkShape:
    """Return conv1, and conv2 where `widths` has two numbers; the image size sets kernels and strides.

    Raises:
        DataError: a side is shorter than 8 pixels.
    """
    found = geometry(*size)
    shapes = [ConvolutionShape("conv1", channels, widths[0], found.kernel, found.conv)]
    shapes += [
        ConvolutionShape("conv2", widths[0], width, SECOND_KERNEL, found.conv, padding=1)
        for width in widths[1:]
    ]
    return TrunkShape(tuple(shapes), found.conv, found.kernel, PRIMARY_STRIDE)
