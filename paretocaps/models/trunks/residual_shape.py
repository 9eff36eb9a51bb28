"""Sizes of the trunk of ResCapsNet, the hybrid."""

from collections.abc import Sequence

from paretocaps.models.geometry import Size
from paretocaps.models.trunks.shape import ConvolutionShape, Trunk, TrunkShape

BLOCKS = 3
WIDTH = 32
_ONE, _THREE = Size(1, 1), Size(3, 3)
_PRIMARY, _PRIMARY_STRIDE = Size(9, 9), 8


def residual(channels: int, size: Size, widths: Sequence[int] = ()) -> TrunkShape:
    """Return a convolution and three residual blocks of two, all with maps of the image's size.

    Each is followed by batch normalisation and has a bias nevertheless. The primary convolution is 9x9 with
    a stride of 8.
    """
    stem, *inner = widths or (WIDTH,) * (1 + 2 * BLOCKS)
    shapes = [ConvolutionShape("conv", channels, stem, _THREE, size, padding=1, norm=True)]
    for block, (narrow, wide) in enumerate(zip(inner[::2], inner[1::2], strict=True)):
        name, before = f"blocks.{block}", shapes[-1].outputs
        shapes.append(ConvolutionShape(f"{name}.conv1", before, narrow, _ONE, size, norm=True))
        shapes.append(
            ConvolutionShape(f"{name}.conv2", narrow, wide, _THREE, size, padding=1, norm=True, tied="conv")
        )
    return TrunkShape(tuple(shapes), size, _PRIMARY, _PRIMARY_STRIDE)


RESIDUAL = Trunk("residual", residual, "paretocaps.models.trunks.residual:ResidualTrunk")
