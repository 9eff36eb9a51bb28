"""Shifts by whole pixels."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad


@dataclass(frozen=True)
class Shift:
    """Shifts each image by up to `limit` pixels each way; pixels from outside the image are zero.

    Sabour et al. 2017, section 4, train on MNIST "shifted by up to 2 pixels in each direction with zero
    padding". The reading here: both directions are independent and uniform over -limit .. limit.
    """

    limit: int = 2

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Return int64 [count, 2]: the pixels down and the pixels to the right."""
        return torch.randint(-self.limit, self.limit + 1, (count, 2), generator=generator)

    def apply(self, images: Tensor, draws: Tensor) -> Tensor:
        """Return the shifted images; see `Augmentation.apply`."""
        count, _, height, width = images.shape
        margin = self.limit
        padded = pad(images.permute(0, 2, 3, 1), (0, 0, margin, margin, margin, margin))
        image = torch.arange(count, device=images.device).view(-1, 1, 1)
        rows = margin + torch.arange(height, device=images.device) - draws[:, :1]  # [B, H]
        columns = margin + torch.arange(width, device=images.device) - draws[:, 1:]  # [B, W]
        return padded[image, rows.unsqueeze(2), columns.unsqueeze(1)].permute(0, 3, 1, 2)


SHIFT = Shift()
