"""Splits maps into overlapping tiles, each of which gives some outputs of a convolution without stride."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product as pairs

from torch import Tensor

from paretocaps.models.geometry import Size
from paretocaps.models.transforms import count_terms

_LARGEST = 16  # rows or columns of a tile's pixels: the time of its transforms grows with them


@dataclass(frozen=True)
class Tiles:
    """The tiles of maps, numbered row by row; those at the end may reach over the maps' edge.

    In memory the numbers of tiles come first, [rows, columns, tiles x B, C], for maps [B, H, W, C].

    Attributes:
        outputs: rows and columns of outputs in a tile.
        taps: rows and columns of the filters.
        counts: tiles down and across.
    """

    outputs: Size
    taps: Size
    counts: Size

    @cached_property
    def pixels(self) -> Size:
        """Rows and columns of the pixels that a tile's outputs read."""
        return pixels(self.outputs, self.taps)

    @cached_property
    def count(self) -> int:
        """How many tiles an image has."""
        return math.prod(self.counts)

    def split(self, maps: Tensor, size: Size, out: Tensor) -> Tensor:
        """Write tiles of this size to `out`, zero where the maps end, and return it."""
        tiles = out.view(*size, self.count, len(maps), -1)
        for index, part in self._parts(maps, size):
            if tuple(part.shape[1:3]) != size:
                tiles[:, :, index] = 0
            tiles[: part.shape[1], : part.shape[2], index] = part.permute(1, 2, 0, 3)
        return out

    def join(self, tiles: Tensor, size: Size, maps: Tensor) -> None:
        """Add tiles of this size to `maps`."""
        tiles = tiles.view(*size, self.count, len(maps), -1)
        for index, part in self._parts(maps, size):
            part += tiles[: part.shape[1], : part.shape[2], index].permute(2, 0, 1, 3)

    def _parts(self, maps: Tensor, size: Size) -> Iterator[tuple[int, Tensor]]:
        """Yield each tile's index and what the maps have of it."""
        for index, (down, across) in enumerate(pairs(*map(range, self.counts))):
            top, left = down * self.outputs.height, across * self.outputs.width
            yield index, maps[:, top : top + size.height, left : left + size.width]


@cache
def choose_tiles(outputs: Size, taps: Size) -> Tiles:
    """Return the tiles in which the outputs need the fewest products."""

    def products(size: Size) -> int:
        return math.prod(_counts(outputs, size)) * count_terms(pixels(size, taps))

    sides = ({-(-side // count) for count in range(1, side + 1)} for side in outputs)
    sizes = [Size(*size) for size in pairs(*sides)]
    small = [size for size in sizes if max(pixels(size, taps)) <= max(_LARGEST, *taps)]
    size = min(small, key=lambda size: (products(size), size))
    return Tiles(size, taps, _counts(outputs, size))


def pixels(outputs: Size, taps: Size) -> Size:
    """Return the rows and columns of pixels that so many outputs read."""
    return Size(outputs.height + taps.height - 1, outputs.width + taps.width - 1)


def _counts(outputs: Size, size: Size) -> Size:
    return Size(-(-outputs.height // size.height), -(-outputs.width // size.width))
