"""Sizes of the trunk of MobileNetV1 (Howard et al. 2017, Table 1), without pooling and classifier."""

from collections.abc import Sequence
from itertools import chain

from paretocaps.models.geometry import Size
from paretocaps.models.trunks.shape import (
    ConvolutionShape,
    Trunk,
    TrunkShape,
    check_ties,
    output_size,
    own_widths,
)

STEM = 32
PAIRS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))
"""Output channels and stride of each depthwise separable pair."""
_ONE, _THREE = Size(1, 1), Size(3, 3)
_BEFORE = (STEM, *(outputs for outputs, _ in PAIRS[:-1]))
WIDTHS = (
    STEM,
    *chain.from_iterable((before, after) for before, (after, _) in zip(_BEFORE, PAIRS, strict=True)),
)


def mobilenet_v1(channels: int, size: Size, widths: Sequence[int] = ()) -> TrunkShape:
    """Return a 3x3 convolution, 13 pairs of a depthwise 3x3 and a 1x1 one, and a whole-map primary one.

    Convolutions have the names of the usual PyTorch implementation: `model.0.0`, then `model.N.0` and
    `model.N.3`; the number of a normalisation is one higher.

    Raises:
        UsageError: there are too few or too many widths, or those of a depthwise convolution and of what it
            reads differ.
    """
    ready = own_widths("mobilenet_v1", WIDTHS, widths)
    size = output_size(size, _THREE, 2, padding=1)
    shapes = [ConvolutionShape("model.0.0", channels, ready[0], _THREE, size, 2, 1, bias=False, norm=True)]
    for number, (_, stride) in enumerate(PAIRS, start=1):
        before, (deep, wide) = shapes[-1], ready[2 * number - 1 : 2 * number + 1]
        size = output_size(size, _THREE, stride, padding=1)
        depthwise = ConvolutionShape(
            f"model.{number}.0", before.outputs, deep, _THREE, size, stride, 1,
            groups=before.outputs, bias=False, norm=True, tied=before.name,
        )  # fmt: skip
        pointwise = ConvolutionShape(f"model.{number}.3", deep, wide, _ONE, size, bias=False, norm=True)
        shapes += [depthwise, pointwise]
    check_ties("mobilenet_v1", shapes)
    return TrunkShape(tuple(shapes), size, size)


MOBILENET_V1 = Trunk("mobilenet_v1", mobilenet_v1, "paretocaps.models.trunks.mobilenet:MobileNetTrunk")
