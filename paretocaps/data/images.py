"""Images as tensors."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from paretocaps.data.raw import RawPart


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images with their labels, on the CPU; not to be written to.

    Attributes:
        images: uint8 [N, C, H, W]; or features of images, floating-point.
        labels: int64 [N].
    """

    images: Tensor
    labels: Tensor

    @classmethod
    def from_raw(cls, part: RawPart) -> "ImageSet":
        """Return `part` as tensors; the memory is shared where that is possible."""
        # torch warns about arrays it must not write to, such as views of bytes
        images, labels = (np.require(array, requirements=("C", "W")) for array in (part.images, part.labels))
        return cls(torch.from_numpy(images), torch.from_numpy(labels))

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width


@dataclass(frozen=True, eq=False)
class DataSplits:
    """A data set ready for training.

    Attributes:
        train: what is trained on.
        validation: what the best epoch is chosen on, the same images for every trial.
        test: looked at once, at the end.
        classes: number of classes; labels are 0 to classes - 1.
        name: of the data set, or the folder it was read from.
    """

    train: ImageSet
    validation: ImageSet
    test: ImageSet
    classes: int
    name: str

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return self.train.shape
