"""Where the bytes of images lie, and how blocks of them reach a device."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import torch
from torch import Tensor

from paretocaps.data.images import ImageSet

_COPIED = 2**26  # bytes copied to a device at a time: what is mapped need not be in memory as a whole


class Pixels(Protocol):
    """The images of a set, served as blocks of bytes, uint8 [B, H, W, C] on a device, contiguous."""

    shape: tuple[int, int, int]
    """Channels, height and width of an image."""

    def blocks(self, chosen: Sequence[Tensor]) -> Iterator[Tensor]:
        """Return one block for each of the vectors of indices `chosen`, int64 on the CPU."""
        ...

    def in_order(self, block: int) -> Iterator[Tensor]:
        """Return all images, `block` at a time; the blocks must not be written to."""
        ...


def open_pixels(image_set: ImageSet, device: torch.device, room: int | None = None) -> Pixels:
    """Return the images of `image_set`, copied to `device` if they may take so much of it, else left alone.

    Args:
        image_set: the images.
        device: where blocks of them are wanted.
        room: bytes they may take there. By default half of what is free on a CUDA device; on a CPU as much
            as they need, unless they are mapped from a file, whose pages serve all processes as they are.
    """
    needed = len(image_set) * image_set.pixels[0].numel()
    if room is None and device.type == "cuda":
        room = _free_memory(device) // 2
    fits = not image_set.mapped if room is None else needed <= room
    return ResidentPixels(image_set, device) if fits else StreamedPixels(image_set, device)


def _free_memory(device: torch.device) -> int:
    """Return the bytes of a CUDA device that are free, or kept by this process for later use."""
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(torch.cuda.mem_get_info(device)[0]) + kept


class ResidentPixels:
    """Images that lie on the device as a whole."""

    def __init__(self, image_set: ImageSet, device: torch.device) -> None:
        self.shape = image_set.shape
        if image_set.pixels.is_floating_point():  # features, of many channels: too large for a second copy
            self._images = image_set.images.to(device).permute(0, 2, 3, 1).contiguous()
            return
        channels, height, width = self.shape
        # [N, H, W, C], so that a gathered block is channels last already; by copying, because contiguous()
        # keeps the strides of images with one channel, by which convolutions choose their format
        self._images = torch.empty(
            (len(image_set), height, width, channels), dtype=torch.uint8, device=device
        )
        step = max(1, _COPIED // image_set.pixels[0].numel())
        for rows in torch.split(torch.arange(len(image_set)), step):
            self._images[rows[0] : rows[-1] + 1] = image_set.channels_last(rows).to(device)

    def blocks(self, chosen: Sequence[Tensor]) -> Iterator[Tensor]:
        """Gather the images on the device."""
        there = torch.cat(list(chosen)).to(self._images.device)  # at once: a copy a block would make it wait
        for indices in torch.split(there, [len(indices) for indices in chosen]):
            yield self._images.index_select(0, indices)

    def in_order(self, block: int) -> Iterator[Tensor]:
        """Return views."""
        return iter(torch.split(self._images, block))


class StreamedPixels:
    """Images that stay where they are, in memory or in a file; blocks of them are gathered on the CPU.

    For a CUDA device the next block is gathered, in a thread, while the last one is trained on.
    """

    def __init__(self, image_set: ImageSet, device: torch.device) -> None:
        self.shape = image_set.shape
        self._set, self._device = image_set, device

    def blocks(self, chosen: Sequence[Tensor]) -> Iterator[Tensor]:
        """Gather the images and move them."""
        if self._device.type != "cuda":
            return map(self._set.channels_last, chosen)
        return self._moved(chosen)

    def in_order(self, block: int) -> Iterator[Tensor]:
        """Gather the images and move them."""
        return self.blocks(torch.split(torch.arange(len(self._set)), block))

    def _moved(self, chosen: Iterable[Tensor]) -> Iterator[Tensor]:
        def gathered(indices: Tensor) -> Tensor:
            with torch.cuda.device(self._device):  # else the first device would be opened as well
                return self._set.channels_last(indices).pin_memory()

        waiting: deque[Future[Tensor]] = deque()
        with ThreadPoolExecutor(1) as pool:
            for indices in chosen:
                waiting.append(pool.submit(gathered, indices))
                if len(waiting) > 1:
                    yield waiting.popleft().result().to(self._device, non_blocking=True)
            while waiting:
                yield waiting.popleft().result().to(self._device, non_blocking=True)
