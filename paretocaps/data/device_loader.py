"""Batches of images on the training device."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from paretocaps.data.augmentation import AUGMENTATIONS
from paretocaps.data.images import ImageSet
from paretocaps.data.pixels import open_pixels
from paretocaps.errors import UsageError

Batch = tuple[Tensor, Tensor]
"""Images, float32 [B, C, H, W] in [0, 1] and channels last in memory, and labels, int64 [B]."""

# pixel values prepared at once: many small batches share the cost, and 8 MiB stay in a CPU's cache
BLOCK_VALUES = 2**21
_CUDA_BLOCK_VALUES = 2**25


class DeviceLoader:
    """Serves the images of `image_set` in batches on `device`.

    If the images fit, they are kept on the device, as bytes (features keep their type). If they do not fit,
    or are mapped from a file and `device` is the CPU, each block is gathered from where they are stored. The
    batches are the same in both cases. Images are gathered, converted and augmented in blocks of many
    batches, so that a batch of one image costs no more than two views.

    Args:
        image_set: the images.
        device: the device of the batches.
        seed: the seed of the shuffling and the augmentation.
        augment: name of the augmentation of `batches`.
        room: bytes of the device that the images may take; by default half of a CUDA device's free memory,
            and no limit on a CPU.

    Raises:
        UnknownNameError: there is no such augmentation.
    """

    def __init__(
        self,
        image_set: ImageSet,
        device: torch.device | str,
        seed: int = 0,
        augment: str = "none",
        room: int | None = None,
    ) -> None:
        self._augmentation = AUGMENTATIONS.get(augment)
        self._seed = seed % 2**64
        self._pixels = open_pixels(image_set, torch.device(device), room)
        self._labels = image_set.labels.to(device)

    def __len__(self) -> int:
        return len(self._labels)

    def steps(self, batch_size: int) -> int:
        """Return the number of batches per epoch, including the last one, which may be smaller."""
        return -(-len(self) // batch_size)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return self._pixels.shape

    def block_steps(self, batch_size: int) -> int:
        """Return the greatest number of batches per block."""
        values = math.prod(self.image_shape) * batch_size
        limit = _CUDA_BLOCK_VALUES if self._labels.is_cuda else BLOCK_VALUES
        return max(1, limit // values)

    def blocks(
        self,
        batch_size: int,
        epoch: int,
        places: Tensor | None = None,
        served: int = 0,
        steps: int | None = None,
    ) -> Iterator[Batch]:
        """Return the images of one training epoch in blocks of many batches: every image once, shuffled.

        Order and augmentation depend on the seed and the epoch only, not on the batch size or the device. A
        block has up to `block_steps` batches; only the last batch of the last block may be smaller than the
        others.

        Args:
            batch_size: images per batch, 1 or more.
            epoch: the number of the epoch, 0 or more.
            places: the places of the epoch's order to serve, int64 on the CPU; None for all of them.
            served: how many of these images were served before, in whole batches; they are left out.
            steps: the number of batches per block; None for `block_steps`.

        Raises:
            UsageError: the batch size is below 1.
        """
        _check(batch_size)
        generator = self._generator(epoch)
        order = torch.randperm(len(self), generator=generator)
        draws = self._augmentation.draw(len(self), generator)
        if places is not None:
            order, draws = order.index_select(0, places), draws.index_select(0, places)
        draws = draws[served:].to(self._labels.device)
        steps = self.block_steps(batch_size) if steps is None else steps
        return self._shuffled(steps * batch_size, order[served:], draws)

    def batches(self, batch_size: int, epoch: int) -> Iterator[Batch]:
        """Return the batches of one training epoch, into which its `blocks` are split.

        Raises:
            UsageError: the batch size is below 1.
        """
        return _cut(self.blocks(batch_size, epoch), batch_size)

    def ordered(self, batch_size: int) -> Iterator[Batch]:
        """Return all images once, in order and without augmentation, for evaluation.

        Raises:
            UsageError: the batch size is below 1.
        """
        _check(batch_size)
        return _cut(self._in_order(self.block_steps(batch_size) * batch_size), batch_size)

    def spread(self, count: int, batch_size: int) -> Iterator[Batch]:
        """Return up to `count` images, evenly spread, because stored images may be sorted by class."""
        size = min(count, len(self))
        chosen = torch.split(torch.arange(size) * len(self) // max(1, size), batch_size)
        for pixels, rows in zip(self._pixels.blocks(chosen), chosen, strict=True):
            yield _to_float(pixels), self._labels.index_select(0, rows.to(self._labels.device))

    def first(self, count: int) -> Batch:
        """Return the first `count` images, in order and without augmentation, in memory of their own."""
        images, labels = next(self.ordered(count))
        return images.clone(), labels

    def _shuffled(self, block: int, order: Tensor, draws: Tensor) -> Iterator[Batch]:
        chosen = torch.split(order, block)
        there = torch.split(order.to(self._labels.device), block)
        for pixels, at, drawn in zip(
            self._pixels.blocks(chosen), there, torch.split(draws, block), strict=True
        ):
            yield self._augmentation.apply(_to_float(pixels), drawn), self._labels.index_select(0, at)

    def _in_order(self, block: int) -> Iterator[Batch]:
        for pixels, labels in zip(
            self._pixels.in_order(block), torch.split(self._labels, block), strict=True
        ):
            yield _to_float(pixels), labels

    def _generator(self, epoch: int) -> torch.Generator:
        # torch's CPU generator uses 32 bits of its seed; SeedSequence mixes seed and epoch into them
        sequence = np.random.SeedSequence(self._seed, spawn_key=(epoch,))
        return torch.Generator().manual_seed(int(sequence.generate_state(1)[0]))


def _cut(blocks: Iterator[Batch], batch_size: int) -> Iterator[Batch]:
    for images, labels in blocks:
        yield from zip(torch.split(images, batch_size), torch.split(labels, batch_size), strict=True)


def _to_float(pixels: Tensor) -> Tensor:
    """Return uint8 [B, H, W, C] as float32 [B, C, H, W] in [0, 1], channels last in memory.

    Features, which are already floating-point numbers, keep their values.
    """
    if pixels.is_floating_point():
        return pixels.to(torch.float32).permute(0, 3, 1, 2)
    return pixels.to(torch.float32).div_(255).permute(0, 3, 1, 2)


def _check(batch_size: int) -> None:
    if batch_size < 1:
        raise UsageError(f"batch_size={batch_size}: it must be 1 or more")
