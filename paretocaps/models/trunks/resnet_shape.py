"""Sizes of the trunks of ResNet-18 and ResNet-50 (He et al. 2016), without pooling and classifier."""

from collections.abc import Iterator, Sequence
from functools import partial

from paretocaps.models.geometry import Size
from paretocaps.models.trunks.shape import (
    ConvolutionShape,
    Trunk,
    TrunkShape,
    check_ties,
    output_size,
    own_widths,
)

STAGES = (64, 128, 256, 512)
STEM_STRIDE = 2
_ONE, _THREE, _SEVEN = Size(1, 1), Size(3, 3), Size(7, 7)
Blocks = tuple[int, int, int, int]
_RESNET18: Blocks = (2, 2, 2, 2)
_RESNET50: Blocks = (3, 4, 6, 3)


def resnet(
    name: str, blocks: Blocks, expansion: int, channels: int, size: Size, widths: Sequence[int] = ()
) -> TrunkShape:
    """Return a 7x7 convolution, four stages of residual blocks after pooling, and the primary convolution.

    Convolutions have torchvision's names. A block with `expansion` 1 has two 3x3 convolutions; any other has
    a 1x1, a 3x3 and a 1x1 one with `expansion` times as many maps, and the stride in the 3x3 (v1.5). A block
    that changes the size or number of the maps at full widths has a 1x1 convolution in its skip, also after
    pruning. The primary convolution's kernel is the whole map (Efficient CapsNets with pruned backbones,
    section 3.1).

    Raises:
        UsageError: there are too few or too many widths, or maps of different widths would be added.
    """
    full = _full(blocks, expansion)
    ready = iter(own_widths(name, full, widths))
    size = output_size(size, _SEVEN, STEM_STRIDE, padding=3)
    shapes = [
        ConvolutionShape("conv1", channels, next(ready), _SEVEN, size, STEM_STRIDE, 3, bias=False, norm=True)
    ]
    size, before, skip = output_size(size, _THREE, 2, padding=1), shapes[0].outputs, "conv1"
    for stage, count in enumerate(blocks):
        for block in range(count):
            stride = 2 if stage and not block else 1
            projected = not block and (stage > 0 or expansion > 1)
            found = list(
                _block(f"layer{stage + 1}.{block}", before, size, stride, expansion, projected, skip, ready)
            )
            shapes += found
            last = found[-2] if projected else found[-1]
            before, size, skip = last.outputs, last.size, last.name
    check_ties(name, shapes)
    return TrunkShape(tuple(shapes), size, size)


def _full(blocks: Blocks, expansion: int) -> tuple[int, ...]:
    """Return the published output channels of every convolution."""
    found = [STAGES[0]]
    for stage, count in enumerate(blocks):
        width = STAGES[stage]
        inner = (width, width) if expansion == 1 else (width, width, width * expansion)
        for block in range(count):
            projected = not block and (stage > 0 or expansion > 1)
            found += [*inner, width * expansion] if projected else inner
    return tuple(found)


def _block(
    name: str,
    inputs: int,
    size: Size,
    stride: int,
    expansion: int,
    projected: bool,
    skip: str,
    widths: Iterator[int],
) -> Iterator[ConvolutionShape]:
    """Yield the convolutions of a block, last that of its skip; without one, the block adds to `skip`."""
    after = output_size(size, _THREE, stride, padding=1)
    kernels = (_THREE, _THREE) if expansion == 1 else (_ONE, _THREE, _ONE)
    strided = 1 if expansion > 1 else 0
    before = inputs
    for number, kernel in enumerate(kernels):
        last = number == len(kernels) - 1
        outputs = next(widths)
        yield ConvolutionShape(
            f"{name}.conv{number + 1}",
            before,
            outputs,
            kernel,
            size if number < strided else after,
            stride if number == strided else 1,
            padding=kernel.height // 2,
            bias=False,
            norm=True,
            tied=skip if last and not projected else "",
        )
        before = outputs
    if projected:
        yield ConvolutionShape(
            f"{name}.downsample.0",
            inputs,
            next(widths),
            _ONE,
            after,
            stride,
            bias=False,
            norm=True,
            tied=f"{name}.conv{len(kernels)}",
        )


RESNET18 = Trunk(
    "resnet18", partial(resnet, "resnet18", _RESNET18, 1), "paretocaps.models.trunks.resnet:ResNetTrunk"
)
RESNET50 = Trunk(
    "resnet50", partial(resnet, "resnet50", _RESNET50, 4), "paretocaps.models.trunks.resnet:ResNetTrunk"
)
