"""Computes the sizes of a capsule network's kernels and feature maps from the size of the images."""

from functools import lru_cache
from typing import NamedTuple

from paretocaps.domain.families.capsnet import CAPSNET
from paretocaps.errors import DataError

PRIMARY_STRIDE = 2


class Size(NamedTuple):
    """A number of rows and a number of columns."""

    height: int
    width: int

    @property
    def positions(self) -> int:
        """How many cells a map of this size has."""
        return self.height * self.width


SECOND_KERNEL = Size(3, 3)
"""The kernel of the second stem convolution, which keeps the size of its maps."""


class Geometry(NamedTuple):
    """Kernels, strides and map sizes of conv1 and of the primary convolution; neither pads.

    Attributes:
        kernel: the kernel of both convolutions.
        stride: the stride of conv1; that of the primary convolution is 2.
        conv: the size of conv1's feature maps.
        primary: the size of a map of primary capsules.
    """

    kernel: Size
    stride: Size
    conv: Size
    primary: Size


@lru_cache
def geometry(height: int, width: int) -> Geometry:
    """Return the geometry for images of `height` x `width` pixels.

    Along each side the kernel is the largest odd number up to a third of the side, limited to 3 to 9. The
    stride of conv1 is 2 from 42 pixels on, 3 from 70 on, and so forth, so that the maps stay about as large
    as MNIST's. 28x28 gives the network of Sabour et al. 2017: 9x9 kernels, 20x20 and 6x6 maps. 8x8 gives
    3x3 kernels, 6x6 and 2x2 maps.

    Raises:
        DataError: a side is shorter than 8 pixels.
    """
    smallest = CAPSNET.smallest_side
    if min(height, width) < smallest:
        raise DataError(
            f"images of {height}x{width} pixels are too small for a capsule network:"
            f" use {smallest}x{smallest} or larger"
        )
    rows, columns = _side(height), _side(width)
    return Geometry(*(Size(*pair) for pair in zip(rows, columns, strict=True)))


def _side(pixels: int) -> tuple[int, int, int, int]:
    third = pixels // 3
    kernel = min(9, max(3, third if third % 2 else third - 1))
    stride = max(1, (pixels + 14) // 28)
    conv = (pixels - kernel) // stride + 1
    return kernel, stride, conv, (conv - kernel) // PRIMARY_STRIDE + 1
