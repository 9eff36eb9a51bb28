"""Affine transforms of images, on their device."""

from dataclasses import dataclass
from math import cos, radians, sin, tan
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Kind = Literal["rotation", "shift x", "shift y", "scale", "shear"]
REFERENCE_SIDE = 28
"""Pixels on a side of the images that shifts are given for (MNIST's)."""


@dataclass(frozen=True)
class Affine:
    """One transform.

    Attributes:
        kind: what it does.
        strength: of a rotation degrees counter-clockwise; of a shift pixels right or down, for images of 28
            pixels on that side and in proportion for others; of a scale the factor, above 1 larger; of a
            shear degrees by which uprights lean to the right.
    """

    kind: Kind
    strength: float

    def apply(self, images: Tensor) -> Tensor:
        """Return the transformed images, [B, C, H, W], about their centre, bilinearly interpolated.

        What comes in from outside is zero, as in the shifts of the training (black: the background of
        MNIST, and a border on photographs). A transform of no strength returns `images` themselves.
        """
        height, width = images.shape[2:]
        (a, b, x), (c, d, y) = self._source(height, width)
        if (a, b, x, c, d, y) == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0):
            return images
        # grid_sample counts from -1 to 1 over each side, so lengths across change with the sides' ratio
        rows = [[a, b * height / width, 2 * x / width], [c * width / height, d, 2 * y / height]]
        matrix = torch.tensor(rows, dtype=images.dtype, device=images.device)
        with torch.autocast(images.device.type, enabled=False):  # else positions are rounded to 8 bits
            grid = functional.affine_grid(
                matrix.expand(len(images), 2, 3), list(images.shape), align_corners=False
            )
            return functional.grid_sample(
                images, grid, mode="bilinear", padding_mode="zeros", align_corners=False
            )

    def _source(self, height: int, width: int) -> tuple[tuple[float, float, float], ...]:
        """Return where a pixel comes from: [[a, b, x], [c, d, y]], in pixels from the centre, y downwards."""
        if self.kind == "rotation":
            turned, across = cos(radians(self.strength)), sin(radians(self.strength))
            return (turned, -across, 0.0), (across, turned, 0.0)
        if self.kind == "shift x":
            return (1.0, 0.0, -self.strength * width / REFERENCE_SIDE), (0.0, 1.0, 0.0)
        if self.kind == "shift y":
            return (1.0, 0.0, 0.0), (0.0, 1.0, -self.strength * height / REFERENCE_SIDE)
        if self.kind == "scale":
            return (1 / self.strength, 0.0, 0.0), (0.0, 1 / self.strength, 0.0)
        return (1.0, tan(radians(self.strength)), 0.0), (0.0, 1.0, 0.0)
