"""The stem: the convolutions before the primary capsules."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from paretocaps.models.convolution import convolution


class Convolution(nn.Module):
    """A convolution and a ReLU.

    Args:
        channels, filters: how many feature maps it reads and writes.
        kernel, stride: sizes down and across.
        same: pad the maps with zeros so that they keep their size at stride 1; otherwise there is no padding.
    """

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel: tuple[int, int],
        stride: tuple[int, int] = (1, 1),
        *,
        same: bool = False,
    ) -> None:
        super().__init__()
        self.stride = stride
        rows, columns = ((side // 2 if same else 0) for side in kernel)
        self.padding = (columns, columns, rows, rows)
        self.weight = nn.Parameter(torch.empty(filters, *kernel, channels))
        self.bias = nn.Parameter(torch.empty(filters))

    def forward(self, images: Tensor) -> Tensor:
        """Return feature maps [B, K, H', W'] for images [B, C, H, W]."""
        if any(self.padding):
            images = functional.pad(images, self.padding)
        return convolution(images, self.weight, self.bias, self.stride, rectify=True)
