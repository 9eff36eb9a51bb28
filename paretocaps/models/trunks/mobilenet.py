"""The trunk of MobileNetV1."""

from torch import Tensor, nn

from paretocaps.models.trunks.layers import convolution_layer, norm_layer
from paretocaps.models.trunks.shape import ConvolutionShape, TrunkShape


class MobileNetTrunk(nn.Module):
    """A convolution and depthwise separable pairs, each with batch norm and ReLU (`mobilenet_shape`)."""

    def __init__(self, shape: TrunkShape) -> None:
        super().__init__()
        first, *inner = shape.convolutions
        pairs = zip(inner[::2], inner[1::2], strict=True)
        layers = [nn.Sequential(*_rectified(first))]
        layers += [nn.Sequential(*_rectified(deep), *_rectified(wide)) for deep, wide in pairs]
        self.model = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """Return features [B, K, H', W'] for images [B, C, H, W]."""
        maps: Tensor = self.model(images)
        return maps


def _rectified(shape: ConvolutionShape) -> list[nn.Module]:
    return [convolution_layer(shape), norm_layer(shape), nn.ReLU(inplace=True)]
