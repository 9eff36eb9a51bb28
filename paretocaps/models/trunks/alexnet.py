"""The trunk of AlexCapsNet: five convolutions."""

from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from paretocaps.models.trunks.alexnet_shape import POOL, POOL_STRIDE
from paretocaps.models.trunks.layers import convolution_layer
from paretocaps.models.trunks.shape import TrunkShape


class AlexNetTrunk(nn.Module):
    """Convolutions with ReLUs and max pooling after the first (`alexnet_shape.alexnet`)."""

    def __init__(self, shape: TrunkShape) -> None:
        super().__init__()
        for convolution in shape.convolutions:
            self.add_module(convolution.name, convolution_layer(convolution))

    def forward(self, images: Tensor) -> Tensor:
        """Return features [B, K, H', W'] for images [B, C, H, W]."""
        first, *others = cast("list[nn.Module]", list(self.children()))
        maps: Tensor = functional.max_pool2d(functional.relu(first(images)), POOL, POOL_STRIDE)
        for layer in others:
            maps = functional.relu(layer(maps))
        return maps
