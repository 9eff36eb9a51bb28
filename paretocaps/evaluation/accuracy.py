"""Accuracy of a network on a set of images, in batches as large as the device takes."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from paretocaps.data.loader import DeviceLoader
from paretocaps.errors import DataError, is_out_of_memory
from paretocaps.models.network import Network

_CPU_BATCH = 256  # what fits its caches; larger ones are no faster
_CUDA_BATCH = 8192


class Evaluator:
    """Measures accuracies on a device, without drawing anything.

    A batch that runs out of memory is halved, for this pass and all later ones, and `remarks` says so.

    Args:
        device: of the networks and images.
        precision: a context to run the forward passes in.
        batch_size: images a batch to begin with; by default what fills the device.

    Attributes:
        batch_size: images a batch, as it is now.
        remarks: what was halved.
    """

    def __init__(
        self,
        device: torch.device,
        precision: AbstractContextManager[Any] | None = None,
        batch_size: int | None = None,
    ) -> None:
        self.batch_size = batch_size or (_CUDA_BATCH if device.type == "cuda" else _CPU_BATCH)
        self.remarks: list[str] = []
        self._precision = precision or nullcontext()

    def accuracy(self, network: Network, images: DeviceLoader) -> float:
        """Return the share of `images` whose best-scored class is their label's, in [0, 1].

        Args:
            network: put into evaluation mode for the pass and back into the mode it was in.
            images: on the network's device.

        Raises:
            DataError: there are no images.
            MemoryError, RuntimeError: not even one image fits into memory.
        """
        while True:
            try:
                with self._precision:
                    return accuracy(network, images.ordered(self.batch_size))
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or self.batch_size == 1:
                    raise
            self._halve()  # outside the handler, which would keep the failed pass's tensors alive

    def _halve(self) -> None:
        before, self.batch_size = self.batch_size, self.batch_size // 2
        self.remarks.append(f"out of memory evaluating {before} images at once: halved to {self.batch_size}")
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


@torch.no_grad()
def accuracy(network: Network, batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Return the share of images whose best-scored class is their label's, in [0, 1].

    Args:
        network: put into evaluation mode for the pass and back into the mode it was in.
        batches: (images [B, C, H, W] in [0, 1], labels [B]) on the network's device.

    Raises:
        DataError: there are no images.
    """
    was_training = network.training
    network.eval()
    right: Tensor | None = None
    seen = 0
    try:
        for images, labels in batches:
            hits = (network.scores(images).argmax(dim=1) == labels).sum()
            right = hits if right is None else right + hits  # stays on the device: one read at the end
            seen += len(labels)
    finally:
        network.train(was_training)
    if right is None:
        raise DataError("there are no images to measure an accuracy on")
    return float(right) / seen
