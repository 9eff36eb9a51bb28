"""Images as tensors."""

import hashlib
import warnings
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from paretocaps.data.raw import RawPart
from paretocaps.domain.job import Levels

_DIGESTED = 256


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images with their labels, on the CPU; they must not be written to.

    Attributes:
        pixels: uint8 [M, C, H, W], or floating-point features of images; if they are mapped from a file, they
            may contain the images of several sets.
        labels: int64 [N].
        rows: int64 [N], the indices of this set's images among the M; None for all of them, in order.
        mapped: whether the pixels are mapped from a file, and not in memory.
    """

    pixels: Tensor
    labels: Tensor
    rows: Tensor | None = None
    mapped: bool = False

    @classmethod
    def from_raw(cls, part: RawPart) -> "ImageSet":
        """Return `part` as tensors, which share its memory if possible, and always if it is a mapped file."""
        labels = torch.from_numpy(np.require(part.labels, requirements=("C", "W")))
        if part.mapped:
            rows = None if part.rows is None else torch.from_numpy(part.rows.astype(np.int64))
            with warnings.catch_warnings():
                # a private, writable mapping would count as memory, and there may not be enough
                warnings.filterwarnings("ignore", "The given NumPy array is not writable")
                return cls(torch.from_numpy(part.pixels), labels, rows, mapped=True)
        # torch warns about arrays it must not write to, such as views of bytes
        return cls(torch.from_numpy(np.require(part.images, requirements=("C", "W"))), labels)

    def __len__(self) -> int:
        return len(self.labels)

    def spread(self, count: int) -> "ImageSet":
        """Return up to `count` images, evenly spread, because stored images may be sorted by class."""
        size = min(count, len(self))
        chosen = torch.arange(size) * len(self) // max(1, size)
        rows = chosen if self.rows is None else self.rows.index_select(0, chosen)
        return ImageSet(self.pixels, self.labels.index_select(0, chosen), rows, self.mapped)

    @property
    def digest(self) -> str:
        """64 hexadecimal digits that differ for other images, as far as their shape or 256 of them differ."""
        some = self.spread(_DIGESTED).images.contiguous()
        digest = hashlib.sha256(f"{len(self)} {some.dtype} {tuple(some.shape)}".encode())
        digest.update(some.numpy().tobytes())
        return digest.hexdigest()

    @property
    def images(self) -> Tensor:
        """The images of this set, uint8 [N, C, H, W]; a copy if the set has only some rows of its pixels."""
        return self.pixels if self.rows is None else self.pixels.index_select(0, self.rows)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.pixels.shape[1:]
        return channels, height, width

    def channels_last(self, indices: Tensor) -> Tensor:
        """Return the images at `indices`, uint8 [B, H, W, C], contiguous and copied."""
        rows = indices if self.rows is None else self.rows.index_select(0, indices)
        return self.pixels.permute(0, 2, 3, 1).index_select(0, rows)


@dataclass(frozen=True, eq=False)
class DataSplits:
    """A data set ready for training.

    Attributes:
        train: the training images.
        validation: the images on which the best epoch is chosen, the same ones for every trial.
        test: the test images, which are used once, at the end.
        classes: the number of classes, or of pairs of them; labels are 0 to classes - 1.
        name: the name of the data set, or the folder that it was read from.
        class_names: the names of the classes, in the order of the labels, if the source has them.
        levels: the values of grays of more than 8 bits that were read as 0 and 255; None if there are none.
        transposed: whether rows and columns of image files were exchanged.
        pairs: whether each label stands for two classes whose images lie over each other.
        anew: what version 0.1 read otherwise, one phrase each (see `raw.RawData`).
        told: lines for the user: the classes and the sizes of the parts, and remarks on how they were read.
    """

    train: ImageSet
    validation: ImageSet
    test: ImageSet
    classes: int
    name: str
    class_names: tuple[str, ...] | None = None
    levels: Levels | None = None
    transposed: bool = False
    pairs: bool = False
    anew: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return self.train.shape
