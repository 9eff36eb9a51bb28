"""What a trunk, all that comes before the primary capsules, is made of; nothing here imports torch."""

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
        name: of its module in the trunk.
        inputs, outputs: feature maps read and written.
        kernel: rows and columns of a filter.
        size: rows and columns of the maps written.
        stride, padding: the same down and across.
        groups: into how many groups, each read on its own, the maps are divided.
        bias: whether there is a bias.
        norm: whether batch normalisation follows, two more parameters a map.
        tied: name of an earlier convolution whose maps these are added to, or filtered one by one
            (depthwise), so that both have as many; empty for none.
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
        """Weights of all filters."""
        return self.outputs * (self.inputs // self.groups) * self.kernel.positions

    @property
    def params(self) -> int:
        """Trained parameters, those of its normalisation included."""
        return self.weights + self.outputs * (self.bias + 2 * self.norm)

    @property
    def taps(self) -> float:
        """Cells of a filter that read maps and not the zeros around them, the mean over what is written."""
        sides = zip(self.kernel, self.size, strict=True)
        return math.prod(_taps(window, written, self.stride, self.padding) for window, written in sides)

    @property
    def macs(self) -> int:
        """Multiply-adds of one image; normalisation, like torch's flop counter, is not counted."""
        return self.weights * self.size.positions


@dataclass(frozen=True)
class TrunkShape:
    """A trunk's sizes, and how the primary capsules read its maps.

    Attributes:
        convolutions: in the order in which an image passes them.
        size: rows and columns of the maps that are handed on, the features.
        kernel, stride: of the primary convolution, which does not pad.
    """

    convolutions: tuple[ConvolutionShape, ...]
    size: Size
    kernel: Size
    stride: int = 1

    @property
    def channels(self) -> int:
        """Feature maps that are handed on: those of the last convolution."""
        return self.convolutions[-1].outputs

    @property
    def widths(self) -> tuple[int, ...]:
        """The output channels of every convolution."""
        return tuple(convolution.outputs for convolution in self.convolutions)

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The convolutions by number, those together that must have as many maps."""
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
        name: what an architecture calls it.
        shape: from the images' channels and size, and the output channels of every convolution (none: the
            full ones), to the trunk's sizes.
        module: `"module:attribute"` of the `modules.TrunkModule`, made from a `TrunkShape`.
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
    """Return `widths`, or where there are none the `full` ones of a trunk called `name`.

    Raises:
        UsageError: another number of widths.
    """
    if widths and len(widths) != len(full):
        raise UsageError(f"trunk_channels has {len(widths)} numbers: {name} has {len(full)} convolutions")
    return widths or full


def check_ties(name: str, convolutions: Sequence[ConvolutionShape]) -> None:
    """Refuse widths of a trunk called `name` that cannot be added to each other.

    Raises:
        UsageError: tied convolutions with different numbers of maps.
    """
    widths = {convolution.name: convolution.outputs for convolution in convolutions}
    for one in convolutions:
        if one.tied and one.outputs != widths[one.tied]:
            raise UsageError(
                f"trunk_channels gives {one.name} of {name} {one.outputs} maps and {one.tied}"
                f" {widths[one.tied]}: they must be as many"
            )


def _taps(window: int, written: int, stride: int, padding: int) -> float:
    """As `ConvolutionShape.taps`, along one side; what the stride leaves over at its end is not read."""
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
"""The trunks beside the one or two convolutions of the CapsNet papers, which follow the image."""
