"""The augmentations by name, and their protocol."""

from typing import Protocol

import torch
from torch import Tensor

from paretocaps.registry import Registry


class Augmentation(Protocol):
    """Changes training images at random, differently in every epoch.

    The random numbers are drawn for a whole epoch at once, on the CPU. So the change of an image depends only
    on its place in the epoch, not on the batch size or the device.
    """

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Return the random numbers for `count` images, [count, ...], on the CPU."""
        ...

    def apply(self, images: Tensor, draws: Tensor) -> Tensor:
        """Return `images` changed by `draws`, with the same shape, type and memory format.

        Args:
            images: float [B, C, H, W] in [0, 1], channels last in memory; must not be written to.
            draws: the random numbers for these images, [B, ...], on their device.
        """
        ...


AUGMENTATIONS: Registry[Augmentation] = Registry(
    "augmentation",
    {
        "none": "paretocaps.data.augmentations.none:NONE",
        "shift": "paretocaps.data.augmentations.shift:SHIFT",
        "crop": "paretocaps.data.augmentations.crop:CROP",
        "rotate": "paretocaps.data.augmentations.rotate:ROTATE",
    },
)
