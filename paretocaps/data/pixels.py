"""The storage of images as bytes, and the transfer of blocks of them to a device."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from paretocaps.data.images import ImageSet

_resident: "WeakKeyDictionary[ImageSet, dict[torch.device, ResidentPixels]]" = WeakKeyDictionary()
_COPIED = 2**26  # bytes copied to a device at a time, so that a mapped file is never in memory as a whole


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
    """Return the images of `image_set`, copied to `device` if they fit into `room`, else where they are.

    By default, a process copies a set to a device once, and keeps the copy as long as the set: all trials of
    a worker train on the same images. Features are copied each time.

    Args:
        image_set: the images.
        device: the device of the blocks.
        room: bytes that they may take on the device. The default is half of the free memory of a CUDA device.
            On a CPU there is no limit by default, but images mapped from a file are not copied, because all
            processes share its pages.
    """
    shared = room is None and not image_set.pixels.is_floating_point()
    if shared and (copy := _resident.get(image_set, {}).get(device)) is not None:
        return copy
    needed = len(image_set) * image_set.pixels[0].numel()
    if room is None and device.type == "cuda":
        room = free_memory(device) // 2
    fits = not image_set.mapped if room is None else needed <= room
    if not fits:
        return StreamedPixels(image_set, device)
    made = ResidentPixels(image_set, device)
    if shared:
        _resident.setdefault(image_set, {})[device] = made
    return made


def free_memory(device: torch.device) -> int:
    """Return the bytes of a CUDA device that are free, or cached by this process."""
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(torch.cuda.mem_get_info(device)[0]) + kept


class ResidentPixels:
    """Images that are all on the device."""

    def __init__(self, image_set: ImageSet, device: torch.device) -> None:
        self.shape = image_set.shape
        if image_set.pixels.is_floating_point():  # features have many channels: too large for a second copy
            self._images = image_set.images.to(device).permute(0, 2, 3, 1).contiguous()
            return
        channels, height, width = self.shape
        # [N, H, W, C], so that a gathered block is channels last. They are copied, because contiguous() keeps
        # the strides of images with one channel, by which convolutions choose their format
        self._images = torch.empty(
            (len(image_set), height, width, channels), dtype=torch.uint8, device=device
        )
        step = max(1, _COPIED // image_set.pixels[0].numel())
        for rows in torch.split(torch.arange(len(image_set)), step):
            self._images[rows[0] : rows[-1] + 1] = image_set.channels_last(rows).to(device)

    def blocks(self, chosen: Sequence[Tensor]) -> Iterator[Tensor]:
        """Return the blocks, gathered on the device."""
        there = torch.cat(list(chosen)).to(self._images.device)  # one copy: one per block would be slower
        for indices in torch.split(there, [len(indices) for indices in chosen]):
            yield self._images.index_select(0, indices)

    def in_order(self, block: int) -> Iterator[Tensor]:
        """Return views of the images."""
        return iter(torch.split(self._images, block))


class StreamedPixels:
    """Images that stay in memory or in a file; blocks of them are gathered on the CPU.

    For a CUDA device, a thread gathers the next block while the network is trained on the last one.
    """

    def __init__(self, image_set: ImageSet, device: torch.device) -> None:
        self.shape = image_set.shape
        self._set, self._device = image_set, device

    def blocks(self, chosen: Sequence[Tensor]) -> Iterator[Tensor]:
        """Return the blocks, gathered on the CPU and moved to the device."""
        if self._device.type != "cuda":
            return map(self._set.channels_last, chosen)
        return self._moved(chosen)

    def in_order(self, block: int) -> Iterator[Tensor]:
        """Return the blocks, gathered on the CPU and moved to the device."""
        return self.blocks(torch.split(torch.arange(len(self._set)), block))

    def _moved(self, chosen: Iterable[Tensor]) -> Iterator[Tensor]:
        def gathered(indices: Tensor) -> Tensor:
            with torch.cuda.device(self._device):  # otherwise the first device would be initialised too
                return self._set.channels_last(indices).pin_memory()

        waiting: deque[Future[Tensor]] = deque()
        with ThreadPoolExecutor(1) as pool:
            for indices in chosen:
                waiting.append(pool.submit(gathered, indices))
                if len(waiting) > 1:
                    yield waiting.popleft().result().to(self._device, non_blocking=True)
            while waiting:
                yield waiting.popleft().result().to(self._device, non_blocking=True)
