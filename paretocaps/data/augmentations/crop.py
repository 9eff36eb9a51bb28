"""Random crops of the padded image."""

from dataclasses import dataclass

import torch
from torch import Tensor

from paretocaps.data.augmentations.shift import Shift


@dataclass(frozen=True)
class Crop:
    """Pads each image with `margin` zero pixels along all borders, and crops it to its size at random.

    MoCapsNet, section 4.1: "padding two pixels along all borders and take random crops of size 28 x 28
    (MNIST) or 32 x 32 (SVHN, CIFAR-10/100)". The reading here: the padding is zero, the size stays, and every
    position is equally likely. A crop at (y, x) of the padded image is a shift by (margin - y, margin - x),
    so the images are those of `shift` with the same limit; only the draws are counted from the corner. Crops
    are used in training only: evaluation uses the centre crop, which is the image itself.
    """

    margin: int = 2

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Return int64 [count, 2]: the crop's first row and column in the padded image."""
        return torch.randint(2 * self.margin + 1, (count, 2), generator=generator)

    def apply(self, images: Tensor, draws: Tensor) -> Tensor:
        """Return the crops; see `Augmentation.apply`."""
        return Shift(self.margin).apply(images, self.margin - draws)


CROP = Crop()
