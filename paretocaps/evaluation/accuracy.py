"""Accuracy of a network on a set of images, in batches as large as the device takes."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor

from paretocaps.data.loader import Batch, DeviceLoader
from paretocaps.errors import DataError, is_out_of_memory

Result = TypeVar("Result")

_CPU_BATCH = 256  # what fits its caches; larger ones are no faster
_CUDA_BATCH = 8192


class Classifier(Protocol):
    """What can be judged: any network, or several of them as one (`scores.Ensemble`)."""

    training: bool

    def train(self, mode: bool = True) -> Any:
        """Put it into training mode, or out of it."""

    def scores(self, images: Tensor) -> Tensor:
        """Return how sure it is of each class, [B, O], for images [B, C, H, W]."""


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

    def accuracy(
        self,
        network: Classifier,
        images: DeviceLoader,
        change: Callable[[Tensor], Tensor] | None = None,
    ) -> float:
        """Return the share of `images` whose best-scored class is their label's, in [0, 1].

        Args:
            network: put into evaluation mode for the pass and back into the mode it was in.
            images: on the network's device.
            change: what is done to each batch of images, [B, C, H, W], before the network sees it.

        Raises:
            DataError: there are no images.
            MemoryError, RuntimeError: not even one image fits into memory.
        """
        if change is None:
            return self.passed(images, lambda batches: accuracy(network, batches))
        return self.passed(
            images,
            lambda batches: accuracy(network, ((change(pixels), labels) for pixels, labels in batches)),
        )

    def passed(self, images: DeviceLoader, work: Callable[[Iterable[Batch]], Result]) -> Result:
        """Return what `work` makes of all batches of `images`; it is begun again after each halving.

        Raises:
            MemoryError, RuntimeError: not even one image fits into memory.
        """
        while True:
            try:
                with self._precision:
                    return work(images.ordered(self.batch_size))
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
def accuracy(network: Classifier, batches: Iterable[Batch]) -> float:
    """Return the share of images whose best-scored class is their label's, in [0, 1].

    Args:
        network: put into evaluation mode for the pass and back into the mode it was in.
        batches: (images [B, C, H, W] in [0, 1], labels [B]) on the network's device.

    Raises:
        DataError: there are no images.
    """
    was_training = network.training
    network.train(False)
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
