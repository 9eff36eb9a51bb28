"""Accuracy and loss of a network on a set of images, in batches as large as the device takes."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.domain.families.families import FAMILIES
from paretocaps.errors import DataError, is_out_of_memory
from paretocaps.models.losses import LossName, class_loss
from paretocaps.models.network import Network

_CPU_BATCH = 256  # what fits its caches; larger ones are no faster
_CUDA_BATCH = 8192


T = TypeVar("T")


class Judgement(NamedTuple):
    """Share of images whose best-scored class is their label's, and the mean loss of the scores."""

    acc: float
    loss: float


class Evaluator:
    """Measures accuracies and losses on a device, without drawing anything.

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
        self, network: Network, images: DeviceLoader, change: Callable[[Tensor], Tensor] | None = None
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
        seen = change or _unchanged
        return self.fitting(
            lambda size: accuracy(
                network, ((seen(pixels), labels) for pixels, labels in images.ordered(size))
            )
        )

    def judge(self, network: Network, images: DeviceLoader, loss: LossName = "margin") -> Judgement:
        """Return accuracy and loss, by one pass; see the function `judge`, and `accuracy` for errors."""
        return self.fitting(lambda size: judge(network, images.ordered(size), loss))

    def fitting(self, pass_over: Callable[[int], T]) -> T:
        """Return what a pass with that many images at once gives, fewer where memory runs out."""
        while True:
            try:
                with self._precision:
                    return pass_over(self.batch_size)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or self.batch_size == 1:
                    raise
            self._halve()  # outside the handler, which would keep the failed pass's tensors alive

    def _halve(self) -> None:
        before, self.batch_size = self.batch_size, self.batch_size // 2
        self.remarks.append(f"out of memory evaluating {before} images at once: halved to {self.batch_size}")
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _unchanged(images: Tensor) -> Tensor:
    return images


def accuracy(network: Network, batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Return the share of images whose best-scored class is their label's, in [0, 1].

    Args:
        network: put into evaluation mode for the pass and back into the mode it was in.
        batches: (images [B, C, H, W] in [0, 1], labels [B]) on the network's device.

    Raises:
        DataError: there are no images.
    """
    return judge(network, batches).acc


@torch.no_grad()
def judge(network: Network, batches: Iterable[tuple[Tensor, Tensor]], loss: LossName = "margin") -> Judgement:
    """Return accuracy and mean loss over the images of `batches`, as `accuracy` does.

    The loss is that of the class scores as training takes it, without reconstruction (nothing is drawn); a
    spread loss with its last margin, so that epochs compare. A family that has a loss of its own is judged by
    that, whatever `loss` says.
    """
    name: LossName = FAMILIES.get(network.architecture.family).loss or loss
    was_training = network.training
    network.eval()
    sums: Tensor | None = None  # right answers and losses; stays on the device: one read at the end
    seen = 0
    try:
        for images, labels in batches:
            scores = network.scores(images)
            right = (scores.argmax(dim=1) == labels).sum()
            both = torch.stack(
                [right.double(), class_loss(scores.float(), labels, name).double() * len(labels)]
            )
            sums = both if sums is None else sums + both
            seen += len(labels)
    finally:
        network.train(was_training)
    if sums is None:
        raise DataError("there are no images to measure an accuracy on")
    right_sum, loss_sum = sums.tolist()
    return Judgement(right_sum / seen, loss_sum / seen)
