"""Rotations about the centre."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import grid_sample


@dataclass(frozen=True)
class Rotate:
    """Turns each image by up to `limit` degrees either way about its centre; what comes in is zero.

    The paper of AlexCapsNet and ResCapsNet (the hybrids) trains on images rotated by up to 10 degrees. Read
    as: every angle equally likely, pixels by bilinear interpolation, zeros outside, the image's own size;
    angles are true ones on images that are not square, too. In training only.
    """

    limit: float = 10.0

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Return float32 [count, 2]: cosine and sine of an angle, counter-clockwise as one sees the image."""
        turns = 2 * torch.rand(count, dtype=torch.float64, generator=generator) - 1
        angles = turns * math.radians(self.limit)
        return torch.stack([angles.cos(), angles.sin()], dim=1).float()

    def apply(self, images: Tensor, draws: Tensor) -> Tensor:
        """Return the rotated images; see `Augmentation.apply`."""
        _, _, height, width = images.shape
        x, y = _centred(width, images), _centred(height, images).unsqueeze(1)  # [W] and [H, 1], in pixels
        cosine, sine = (part.view(-1, 1, 1) for part in draws.unbind(dim=1))
        # where each pixel comes from, as grid_sample counts: -1 and 1 are the image's outer edges. Written
        # out, because affine_grid is a matrix product, which TF32 would round to 10 bits
        across, down = cosine * x - sine * y, sine * x + cosine * y  # [B, H, W]
        places = torch.stack([across * (2 / width), down * (2 / height)], dim=3)
        turned = grid_sample(images, places, mode="bilinear", padding_mode="zeros", align_corners=False)
        # a clone, because contiguous() keeps the strides of images with one channel
        laid_out = turned.permute(0, 2, 3, 1).clone(memory_format=torch.contiguous_format)
        return laid_out.clamp_(0, 1).permute(0, 3, 1, 2)


def _centred(size: int, images: Tensor) -> Tensor:
    """Return the pixels' centres along a side, [size], counted from its middle."""
    return torch.arange(size, dtype=images.dtype, device=images.device) - (size - 1) / 2


ROTATE = Rotate()
