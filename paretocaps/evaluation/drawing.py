"""Pictures: images that a network is shown, and what its decoder draws."""

from math import isqrt, prod

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from paretocaps.data.images import ImageSet
from paretocaps.models.capsnet import CapsNet
from paretocaps.models.network import Network

Picture = NDArray[np.uint8]
"""uint8 [H, W, C]."""


def why_not_drawn(network: Network) -> str | None:
    """Return why `network` cannot draw what its capsules say, in a sentence; None where it can."""
    if not isinstance(network, CapsNet):
        return "This network has no class capsules of its own to draw from."
    if network.decoder is None:
        return "This network has no decoder: train one with decoder=full or decoder=reduced for pictures."
    return None


def picture(images: ImageSet, index: int) -> Picture:
    """Return one image as a picture."""
    return _bytes(images.images[index].permute(1, 2, 0).numpy())


def pictures(pixels: Tensor, shape: tuple[int, int, int]) -> Picture:
    """Return what a decoder drew, [B, C * H * W] in [0, 1], as uint8 [B, H, W, C].

    Args:
        pixels: the decoder's answer.
        shape: channels, height and width of the data's images; a decoder of another size draws squares.
    """
    channels, height, width = shape
    if pixels.shape[1] != prod(shape):
        height = width = isqrt(pixels.shape[1] // channels)
    drawn = pixels.detach().float().view(-1, channels, height, width).permute(0, 2, 3, 1)
    return _bytes((drawn.clamp(0, 1) * 255).round().cpu().numpy())


def _bytes(values: NDArray[np.generic]) -> Picture:
    return np.ascontiguousarray(values.astype(np.uint8))
