"""Affine transforms of images, on their device."""

from dataclasses import dataclass
from math import cos, radians, sin, tan
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Kind = Literal["rotation", "shift x", "shift y", "scale", "shear"]
REFERENCE_SIDE = 28
"""The side in pixels of the images for which shifts are given (MNIST's)."""


@dataclass(frozen=True)
class Affine:
    """One transform.

    Attributes:
        kind: the kind of the transform.
        strength: for a rotation, degrees counter-clockwise; for a shift, pixels to the right or down in an
            image with a side of 28 pixels, in proportion for others; for a scale, the factor, which enlarges
            above 1; for a shear, the degrees by which vertical lines lean to the right.
    """

    kind: Kind
    strength: float

    def apply(self, images: Tensor) -> Tensor:
        """Return the images, [B, C, H, W], transformed about their centre by bilinear interpolation.

        Pixels from outside the image are zero, as in the shifts of the training (black, which is the
        background of MNIST and a border on photographs). A transform without an effect returns `images`
        itself.
        """
        height, width = images.shape[2:]
        (a, b, x), (c, d, y) = self._source(height, width)
        if (a, b, x, c, d, y) == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0):
            return images
        # grid_sample counts from -1 to 1 over each side, so off-diagonal entries depend on the sides' ratio
        rows = [[a, b * height / width, 2 * x / width], [c * width / height, d, 2 * y / height]]
        matrix = torch.tensor(rows, dtype=images.dtype, device=images.device)
        with torch.autocast(images.device.type, enabled=False):  # autocast would round positions to 8 bits
            grid = functional.affine_grid(
                matrix.expand(len(images), 2, 3), list(images.shape), align_corners=False
            )
            return functional.grid_sample(
                images, grid, mode="bilinear", padding_mode="zeros", align_corners=False
            )

    def _source(self, height: int, width: int) -> tuple[tuple[float, float, float], ...]:
        """Return the map to a pixel's source, [[a, b, x], [c, d, y]], in pixels from the centre, y down."""
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
