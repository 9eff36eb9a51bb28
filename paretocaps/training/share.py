"""Divides the images of every forward pass among several ranks."""

from dataclasses import dataclass

import torch
from torch import Tensor

from paretocaps.domain.choices import Choices
from paretocaps.schedules.plan import TrainingPlan


@dataclass(frozen=True)
class Share:
    """One rank's share of the forward passes that several ranks take together.

    In a pass of n images each rank takes n // size of them, and the first n % size ranks one more, in the
    order of the epoch. A rank without images takes the pass's first image as a stand-in of weight 0, because
    every rank has to take part in every pass.

    Args:
        rank: this rank's number, 0 to size - 1.
        size: how many ranks there are.
    """

    rank: int = 0
    size: int = 1

    def own(self, images: int) -> int:
        """Return how many of a pass's images belong to this rank."""
        return images // self.size + (self.rank < images % self.size)

    def taken(self, images: int) -> int:
        """Return how many images this rank takes: its own, or one stand-in."""
        return max(1, self.own(images))

    @property
    def largest(self) -> "Share":
        """The share that has the most images of every pass."""
        return Share(0, self.size)

    def places(self, images: int, batch: int) -> Tensor | None:
        """Return the places in the epoch's order that this rank takes, int64; None means all of them.

        Args:
            images: how many images the epoch has.
            batch: images per pass.
        """
        if self.size == 1:
            return None
        whole, rest = divmod(images, batch)
        starts = torch.arange(whole, dtype=torch.int64).unsqueeze(1) * batch
        places = (starts + self._within(batch)).flatten()
        return torch.cat([places, whole * batch + self._within(rest)]) if rest else places

    def weights(self, images: int, batch: int) -> list[float]:
        """Return the weight of each of this rank's passes in the mean loss over a step's images.

        Over all ranks and passes the weights sum to 1.

        Args:
            images: images per step, of all ranks together.
            batch: images per pass; the last pass may have fewer.
        """
        passes = [min(batch, images - start) for start in range(0, images, batch)]
        return [self.own(count) / images for count in passes]

    def _within(self, images: int) -> Tensor:
        """Return this rank's places within one pass."""
        if not self.own(images):
            return torch.zeros(1, dtype=torch.int64)
        before = self.rank * (images // self.size) + min(self.rank, images % self.size)
        return torch.arange(before, before + self.own(images), dtype=torch.int64)


def told_batch(choices: Choices, plan: TrainingPlan, ranks: int) -> tuple[str, ...]:
    """Return a remark on how many images a pass had where several ranks shared it."""
    if ranks == 1:
        return ()
    first = plan.batch_size(1)
    whose = "each" if choices.batch_per_rank else "all"
    return (
        f"batch sizes counted the images of {whose} of {ranks} ranks: the first pass had {first},"
        f" {first / ranks:g} on each",
    )
