"""Sizes of the trunk of AlexCapsNet."""

from collections.abc import Sequence

from paretocaps.models.geometry import Size
from paretocaps.models.trunks.shape import ConvolutionShape, Trunk, TrunkShape, output_size

WIDTHS = (64, 192, 384, 256, 256)
POOL = Size(3, 3)
POOL_STRIDE = 2
_KERNELS, _STRIDES, _PADDINGS = (11, 5, 3, 3, 3), (4, 1, 1, 1, 1), (2, 2, 1, 1, 1)


def alexnet(channels: int, size: Size, widths: Sequence[int] = ()) -> TrunkShape:
    """Return the five convolutions of AlexCapsNet for 28x28 pixels and more, and a 1x1 primary one.

    The paper pools after the first convolution (3x3, stride 2), and mentions "some" further pooling. With
    MNIST the maps are 2x2 from there on, which is too small for it. The convolutions after the first keep
    the size of their maps, as in AlexNet.
    """
    inputs, shapes = channels, []
    for number, outputs in enumerate(widths or WIDTHS):
        kernel = Size(_KERNELS[number], _KERNELS[number])
        stride, padding = _STRIDES[number], _PADDINGS[number]
        size = output_size(size, kernel, stride, padding)
        shapes.append(ConvolutionShape(f"conv{number + 1}", inputs, outputs, kernel, size, stride, padding))
        size = output_size(size, POOL, POOL_STRIDE) if number == 0 else size
        inputs = outputs
    return TrunkShape(tuple(shapes), size, Size(1, 1))


ALEXNET = Trunk("alexnet", alexnet, "paretocaps.models.trunks.alexnet:AlexNetTrunk")
