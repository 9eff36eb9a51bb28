"""Pictures of a network's input images and of its decoder's reconstructions."""

from collections.abc import Sequence
from math import isqrt, prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from paretocaps.data.images import ImageSet

Picture = NDArray[np.uint8]
"""An image as uint8 [H, W, C]."""


def picture(images: ImageSet, index: int) -> Picture:
    """Return one image as a picture."""
    return _bytes(images.channels_last(torch.tensor([index]))[0].numpy())


def as_seen(images: ImageSet, indices: Sequence[int], device: torch.device) -> Tensor:
    """Return the images at `indices` as a network's input: float32 [B, C, H, W] in [0, 1], on `device`."""
    pixels = images.channels_last(torch.tensor(indices)).to(device)
    return pixels.float().div_(255).permute(0, 3, 1, 2)  # channels last in memory, as the loader's


def pictures(pixels: Tensor, shape: tuple[int, int, int]) -> Picture:
    """Return a decoder's output, [B, C * H * W] in [0, 1], as uint8 [B, H, W, C].

    Args:
        pixels: the decoder's output.
        shape: channels, height and width of the data's images; an output of another size is a square.
    """
    channels, height, width = shape
    if pixels.shape[1] != prod(shape):
        height = width = isqrt(pixels.shape[1] // channels)
    drawn = pixels.detach().float().view(-1, channels, height, width).permute(0, 2, 3, 1)
    return _bytes((drawn.clamp(0, 1) * 255).round().cpu().numpy())


def _bytes(values: NDArray[np.generic]) -> Picture:
    return np.ascontiguousarray(values.astype(np.uint8))
