"""Which images of every pass each of several ranks takes."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Share:
    """One rank's share of the passes over images that several ranks take together.

    Of a pass of n images each rank takes n // size, the first n % size ranks one more, in the order of the
    epoch. A rank that is left without any takes the pass's first image as a stand-in that weighs nothing,
    because every rank has to take part in every pass.

    Args:
        rank: 0 to size - 1.
        size: how many ranks there are.
    """

    rank: int = 0
    size: int = 1

    def own(self, images: int) -> int:
        """Return how many of a pass's images are this rank's."""
        return images // self.size + (self.rank < images % self.size)

    def taken(self, images: int) -> int:
        """Return how many images this rank passes: its own, or a stand-in."""
        return max(1, self.own(images))

    def places(self, images: int, batch: int) -> Tensor | None:
        """Return the places in the epoch's order that this rank takes, int64; None for all of them.

        Args:
            images: of the epoch.
            batch: images a pass.
        """
        if self.size == 1:
            return None
        whole, rest = divmod(images, batch)
        starts = torch.arange(whole, dtype=torch.int64).unsqueeze(1) * batch
        places = (starts + self._within(batch)).flatten()
        return torch.cat([places, whole * batch + self._within(rest)]) if rest else places

    def weights(self, images: int, batch: int) -> list[float]:
        """Return the share that each of this rank's passes has in the mean loss of a step's images.

        Over all ranks and passes they add up to 1.

        Args:
            images: of the step, all ranks together.
            batch: images a pass; the last one may have fewer.
        """
        passes = [min(batch, images - start) for start in range(0, images, batch)]
        return [self.own(count) / images for count in passes]

    def _within(self, images: int) -> Tensor:
        """The places in one pass."""
        if not self.own(images):
            return torch.zeros(1, dtype=torch.int64)
        before = self.rank * (images // self.size) + min(self.rank, images % self.size)
        return torch.arange(before, before + self.own(images), dtype=torch.int64)
