"""The trunks of ResNet-18 and ResNet-50, with torchvision's names."""

from collections.abc import Sequence
from itertools import groupby

from torch import Tensor, nn
from torch.nn import functional

from paretocaps.models.trunks.layers import convolution_layer, norm_layer
from paretocaps.models.trunks.shape import ConvolutionShape, TrunkShape

_POOL = 3


class _Block(nn.Module):
    """Two or three convolutions, whose output is added to their input or its projection, then a ReLU."""

    def __init__(self, shapes: Sequence[ConvolutionShape]) -> None:
        super().__init__()
        projected = shapes[-1].name.endswith("downsample.0")
        inner = shapes[:-1] if projected else shapes
        for number, shape in enumerate(inner, start=1):
            self.add_module(f"conv{number}", convolution_layer(shape))
            self.add_module(f"bn{number}", norm_layer(shape))
        self.count = len(inner)
        self.downsample: nn.Module | None = None
        if projected:
            self.downsample = nn.Sequential(convolution_layer(shapes[-1]), norm_layer(shapes[-1]))

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps [B, K', H', W'] for [B, K, H, W]."""
        inner = maps
        for number in range(1, self.count + 1):
            convolved = self.get_submodule(f"conv{number}")(inner)
            inner = self.get_submodule(f"bn{number}")(convolved)
            if number < self.count:
                inner = functional.relu(inner, inplace=True)
        skipped = maps if self.downsample is None else self.downsample(maps)
        return functional.relu(inner + skipped, inplace=True)


class ResNetTrunk(nn.Module):
    """A 7x7 convolution, max pooling, and four stages of residual blocks (`resnet_shape.resnet`)."""

    def __init__(self, shape: TrunkShape) -> None:
        super().__init__()
        first, *inner = shape.convolutions
        self.conv1, self.bn1 = convolution_layer(first), norm_layer(first)
        for stage, convolutions in groupby(inner, key=lambda found: found.name.split(".")[0]):
            blocks = groupby(convolutions, key=lambda found: found.name.split(".")[1])
            self.add_module(stage, nn.Sequential(*(_Block(list(found)) for _, found in blocks)))
        self.stages = tuple(name for name, _ in self.named_children() if name.startswith("layer"))

    def forward(self, images: Tensor) -> Tensor:
        """Return features [B, K, H', W'] for images [B, C, H, W]."""
        maps: Tensor = functional.relu(self.bn1(self.conv1(images)), inplace=True)
        maps = functional.max_pool2d(maps, _POOL, stride=2, padding=1)
        for stage in self.stages:
            maps = self.get_submodule(stage)(maps)
        return maps
