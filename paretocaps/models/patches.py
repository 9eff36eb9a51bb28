"""Forms the patches that an unpadded convolution reads, as matrices, one block at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

# The most bytes of patches and outputs in a block, with whole patches and with single rows of them.
_BLOCK_BYTES = 24 << 20
_ROW_BLOCK_BYTES = 8 << 20
_NARROW = 256


@dataclass(frozen=True)
class Patches:
    """The patches of images.

    A patch has N = kernel height x width x C numbers, kernel rows first; there is one patch per output
    position, B x P in all.

    Attributes:
        images: [B, H, W, C], contiguous.
        kernel: rows and columns of a patch.
        stride: steps down and across from one patch to the next.
    """

    images: Tensor
    kernel: tuple[int, int]
    stride: tuple[int, int]

    @property
    def size(self) -> tuple[int, int]:
        """Output rows and columns, whose product is P."""
        _, height, width, _ = self.images.shape
        (down, across), (row, column) = self.kernel, self.stride
        return (height - down) // row + 1, (width - across) // column + 1

    @property
    def numbers(self) -> int:
        """How many numbers a patch has, N."""
        return self.kernel[0] * self.kernel[1] * self.images.shape[-1]

    @property
    def narrow(self) -> bool:
        """Whether patches are too small to be divided: outputs may take more memory."""
        return self.numbers <= _NARROW

    @property
    def all_rows(self) -> slice:
        """The kernel rows of whole patches."""
        return slice(0, self.kernel[0])

    def rows(self, filters: int) -> list[slice]:
        """Return the kernel rows per block: all, or one by one where whole patches need several blocks."""
        if self.narrow or len(list(self.samples(filters, self.all_rows))) <= 1:
            return [self.all_rows]
        return [slice(row, row + 1) for row in range(self.kernel[0])]

    def samples(self, filters: int, rows: slice) -> Iterator[slice]:
        """Yield runs of images that are small enough for these rows of their patches to fit in a block."""
        share = (rows.stop - rows.start) / self.kernel[0]
        height, width = self.size
        used = height * width * (self.numbers * share + filters) * self.images.element_size()
        limit = _BLOCK_BYTES if share == 1 else _ROW_BLOCK_BYTES
        step = max(1, int(limit / used))
        return (slice(start, start + step) for start in range(0, len(self.images), step))

    def matrix(self, samples: slice, rows: slice) -> Tensor:
        """Return some rows of the patches of some images, [b x P, rows x width x C]."""
        whole = rows.start == 0 and samples.start == 0 and samples.stop >= len(self.images)
        images = self.images if whole else self.images[samples, rows.start :]
        sample, line, column, _ = images.stride()
        shape = (len(images), *self.size, rows.stop - rows.start, self.kernel[1] * images.shape[-1])
        strides = (sample, line * self.stride[0], column * self.stride[1], line, 1)
        return images.as_strided(shape, strides).reshape(-1, shape[3] * shape[4])

    def add_back(self, images: Tensor, matrix: Tensor, rows: slice) -> None:
        """Add a matrix of the form of `matrix` to `images` [b, H, W, C], at the places of its numbers."""
        (height, width), (down, across) = self.size, self.stride
        if rows.stop - rows.start == 1:  # it looks at some lines of the images, and at each once
            images, down = images[:, rows.start : rows.start + height * down : down], 1
        count, lines, columns, channels = images.shape
        if matrix.dtype == images.dtype:
            places = Places(count, (height, width), (rows.stop - rows.start, self.kernel[1]))
            images += _summed(matrix.view(-1, channels), places, (lines, columns), (down, across))
            return
        matrix = matrix.view(count, height, width, -1, self.kernel[1], channels)
        for row in range(matrix.shape[3]):
            for column in range(self.kernel[1]):
                cells = images[:, row : row + height * down : down, column : column + width * across : across]
                cells += matrix[:, :, :, row, column]

    def added_up(self, matrix: Tensor) -> Tensor:
        """Return images [B, H, W, C] of zeros to which a matrix of all whole patches is added back."""
        places = Places(len(self.images), self.size, self.kernel)
        _, height, width, channels = self.images.shape
        return _summed(matrix.view(-1, channels), places, (height, width), self.stride)


class Places(NamedTuple):
    """The places of the channels in a matrix of patches, [b x P, rows x width x C].

    Attributes:
        images: how many images there are, b.
        size: output rows and columns, whose product is P.
        kernel: rows and columns of a patch.
    """

    images: int
    size: tuple[int, int]
    kernel: tuple[int, int]


def _summed(matrix: Tensor, places: Places, lines: tuple[int, int], stride: tuple[int, int]) -> Tensor:
    """Return images [b, H, W, C] of the sums of what `matrix`, one row per place, has for their cells."""
    order, starts = _by_cell(places, lines, stride, matrix.device)
    sums = functional.embedding_bag(order, matrix, starts, mode="sum")
    return sums.view(places.images, *lines, -1)


@lru_cache(16)
def _by_cell(
    places: Places, lines: tuple[int, int], stride: tuple[int, int], device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return all places, ordered by the cell of the images that they look at, and then by row and column.

    Args:
        places: the places, numbered as they lie in memory.
        lines: rows and columns of an image.
        stride: steps down and across from one patch to the next.
        device: where the images are.

    Returns:
        The numbers, and for each cell of the images, where its numbers begin; int32 both.
    """
    (height, width), (down, across) = lines, stride
    sides = (*places.kernel, places.images, *places.size)
    row, column, image, top, left = torch.meshgrid(*map(torch.arange, sides), indexing="ij")
    cell = ((image * height + top * down + row) * width + left * across + column).flatten()
    place = (image * places.size[0] + top) * places.size[1] + left
    place = ((place * places.kernel[0] + row) * places.kernel[1] + column).flatten()
    counts = torch.bincount(cell, minlength=places.images * height * width)
    found = place[cell.argsort(stable=True)], counts.cumsum(0) - counts
    return found[0].to(device, torch.int32), found[1].to(device, torch.int32)
