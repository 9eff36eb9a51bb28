"""The sizes of a trunk, that is of all that comes before the primary capsules; this file imports no torch."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from paretocaps.errors import UsageError
from paretocaps.models.geometry import Size
from paretocaps.registry import Registry


@dataclass(frozen=True)
class ConvolutionShape:
    """A convolution of a trunk.

    Attributes:
        name: the name of its module in the trunk.
        inputs, outputs: how many feature maps it reads and writes.
        kernel: rows and columns of a filter.
        size: rows and columns of the maps that it writes.
        stride, padding: each is the same down and across.
        groups: the number of groups of a grouped convolution.
        bias: whether there is a bias.
        norm: whether batch normalisation follows, with two more parameters per map.
        tied: the name of an earlier convolution that must write as many maps, because these maps are added
            to its maps or filter them one by one (depthwise); empty for none.
    """

    name: str
    inputs: int
    outputs: int
    kernel: Size
    size: Size
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: bool = True
    norm: bool = False
    tied: str = ""

    @property
    def weights(self) -> int:
        """How many weights all filters have."""
        return self.outputs * (self.inputs // self.groups) * self.kernel.positions

    @property
    def params(self) -> int:
        """How many parameters it has, including those of its normalisation."""
        return self.weights + self.outputs * (self.bias + 2 * self.norm)

    @property
    def taps(self) -> float:
        """How many cells of a filter read maps and not zero padding, as a mean over the output positions."""
        sides = zip(self.kernel, self.size, strict=True)
        return math.prod(_taps(window, written, self.stride, self.padding) for window, written in sides)

    @property
    def macs(self) -> int:
        """Multiply-adds per image, without normalisation, as torch's flop counter counts them."""
        return self.weights * self.size.positions


@dataclass(frozen=True)
class TrunkShape:
    """A trunk's sizes, and how the primary capsules read its maps.

    Attributes:
        convolutions: its convolutions, in the order in which an image passes them.
        size: rows and columns of the last maps, the features.
        kernel, stride: those of the primary convolution, which does not pad.
    """

    convolutions: tuple[ConvolutionShape, ...]
    size: Size
    kernel: Size
    stride: int = 1

    @property
    def channels(self) -> int:
        """How many maps the features have: the output channels of the last convolution."""
        return self.convolutions[-1].outputs

    @property
    def widths(self) -> tuple[int, ...]:
        """The output channels of every convolution."""
        return tuple(convolution.outputs for convolution in self.convolutions)

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of the convolutions, grouped by those that must have equally many maps."""
        found: dict[str, list[int]] = {}
        first: dict[str, str] = {}
        for number, convolution in enumerate(self.convolutions):
            root = first.get(convolution.tied, convolution.name)
            first[convolution.name] = root
            found.setdefault(root, []).append(number)
        return tuple(tuple(numbers) for numbers in found.values())

    @property
    def primary(self) -> Size:
        """Rows and columns of a map of primary capsules."""
        return output_size(self.size, self.kernel, self.stride)


@dataclass(frozen=True)
class Trunk:
    """A kind of trunk.

    Attributes:
        name: its name in an architecture.
        shape: maps the images' channels and size, and the output channels of every convolution (empty for
            full widths), to the trunk's sizes.
        module: the torch module that is made from a `TrunkShape`, as "module:attribute".
    """

    name: str
    shape: Callable[[int, Size, Sequence[int]], TrunkShape]
    module: str


def output_size(size: Size, kernel: Size, stride: int = 1, padding: int = 0) -> Size:
    """Return the size of the maps that a convolution or a pooling writes."""
    rows, columns = (
        (side + 2 * padding - window) // stride + 1 for side, window in zip(size, kernel, strict=True)
    )
    return Size(rows, columns)


def own_widths(name: str, full: Sequence[int], widths: Sequence[int]) -> Sequence[int]:
    """Return `widths`, or where they are empty the `full` widths of the trunk called `name`.

    Raises:
        UsageError: `widths` and `full` have different lengths.
    """
    if widths and len(widths) != len(full):
        raise UsageError(f"trunk_channels has {len(widths)} numbers: {name} has {len(full)} convolutions")
    return widths or full


def check_ties(name: str, convolutions: Sequence[ConvolutionShape]) -> None:
    """Check that tied convolutions of the trunk called `name` have equally many maps.

    Raises:
        UsageError: they have different numbers of maps.
    """
    widths = {convolution.name: convolution.outputs for convolution in convolutions}
    for one in convolutions:
        if one.tied and one.outputs != widths[one.tied]:
            raise UsageError(
                f"trunk_channels gives {one.name} of {name} {one.outputs} maps and {one.tied}"
                f" {widths[one.tied]}: give both the same number"
            )


def _taps(window: int, written: int, stride: int, padding: int) -> float:
    """Return `ConvolutionShape.taps` along one side, on which the stride may not reach the last cells."""
    read = (written - 1) * stride + window - 2 * padding
    starts = (position * stride - padding for position in range(written))
    return sum(min(start + window, read) - max(start, 0) for start in starts) / written


TRUNKS: Registry[Trunk] = Registry(
    "trunk",
    {
        "alexnet": "paretocaps.models.trunks.alexnet_shape:ALEXNET",
        "residual": "paretocaps.models.trunks.residual_shape:RESIDUAL",
        "resnet18": "paretocaps.models.trunks.resnet_shape:RESNET18",
        "resnet50": "paretocaps.models.trunks.resnet_shape:RESNET50",
        "mobilenet_v1": "paretocaps.models.trunks.mobilenet_shape:MOBILENET_V1",
    },
)
"""The trunks other than the one or two convolutions of the CapsNet papers."""
