"""Rotations about the centre."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import grid_sample


@dataclass(frozen=True)
class Rotate:
    """Rotates each image about its centre by up to `limit` degrees either way; pixels from outside are zero.

    The paper of AlexCapsNet and ResCapsNet (the hybrids) trains on images rotated by up to 10 degrees. The
    reading here: angles are uniform, pixels are interpolated bilinearly, the size stays, and the rotation is
    exact on images that are not square, too. It is applied in training only.
    """

    limit: float = 10.0

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Return float32 [count, 2]: cosine and sine of an angle, counter-clockwise in the image as shown."""
        turns = 2 * torch.rand(count, dtype=torch.float64, generator=generator) - 1
        angles = turns * math.radians(self.limit)
        return torch.stack([angles.cos(), angles.sin()], dim=1).float()

    def apply(self, images: Tensor, draws: Tensor) -> Tensor:
        """Return the rotated images; see `Augmentation.apply`."""
        _, _, height, width = images.shape
        x, y = _centred(width, images), _centred(height, images).unsqueeze(1)  # [W] and [H, 1], in pixels
        cosine, sine = (part.view(-1, 1, 1) for part in draws.unbind(dim=1))
        # the source of each pixel for grid_sample, to which -1 and 1 are the image's outer edges. affine_grid
        # is not used, because it is a matrix product, which TF32 would round to 10 bits
        across, down = cosine * x - sine * y, sine * x + cosine * y  # [B, H, W]
        places = torch.stack([across * (2 / width), down * (2 / height)], dim=3)
        turned = grid_sample(images, places, mode="bilinear", padding_mode="zeros", align_corners=False)
        # a clone, because contiguous() keeps the strides of images with one channel
        laid_out = turned.permute(0, 2, 3, 1).clone(memory_format=torch.contiguous_format)
        return laid_out.clamp_(0, 1).permute(0, 3, 1, 2)


def _centred(size: int, images: Tensor) -> Tensor:
    """Return the positions of the pixels' centres along a side, [size], relative to its middle."""
    return torch.arange(size, dtype=images.dtype, device=images.device) - (size - 1) / 2


ROTATE = Rotate()
