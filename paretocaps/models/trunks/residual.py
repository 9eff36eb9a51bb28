"""The trunk of ResCapsNet, the hybrid: a convolution and three residual blocks."""

from torch import Tensor, nn
from torch.nn import functional

from paretocaps.models.trunks.layers import convolution_layer, norm_layer
from paretocaps.models.trunks.shape import ConvolutionShape, TrunkShape


class _Block(nn.Module):
    """A 1x1 and a 3x3 convolution, whose output is added to their input, then a ReLU."""

    def __init__(self, first: ConvolutionShape, second: ConvolutionShape) -> None:
        super().__init__()
        self.conv1, self.bn1 = convolution_layer(first), norm_layer(first)
        self.conv2, self.bn2 = convolution_layer(second), norm_layer(second)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape."""
        inner = functional.relu(self.bn1(self.conv1(maps)))
        return functional.relu(maps + self.bn2(self.conv2(inner)))


class ResidualTrunk(nn.Module):
    """A 3x3 convolution with batch normalisation and ReLU, then the blocks (`residual_shape.residual`)."""

    def __init__(self, shape: TrunkShape) -> None:
        super().__init__()
        first, *inner = shape.convolutions
        self.conv, self.bn = convolution_layer(first), norm_layer(first)
        pairs = zip(inner[::2], inner[1::2], strict=True)
        self.blocks = nn.Sequential(*(_Block(one, two) for one, two in pairs))

    def forward(self, images: Tensor) -> Tensor:
        """Return features [B, K, H, W] for images [B, C, H, W]."""
        maps: Tensor = self.blocks(functional.relu(self.bn(self.conv(images))))
        return maps
