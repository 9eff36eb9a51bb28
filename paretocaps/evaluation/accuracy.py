"""Accuracy and loss of a network on a set of images, in batches as large as the device allows."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.progress import OnProgress, unheard
from paretocaps.errors import DataError, is_out_of_memory
from paretocaps.models.losses import LossName, class_loss
from paretocaps.models.network import Network
from paretocaps.models.training_memory import images_of_pass

_CPU_BATCH = 256  # enough rows for matrix products, and its maps take little memory
_CUDA_BATCH = 8192


T = TypeVar("T")


class Judgement(NamedTuple):
    """The judgement of a network on images.

    Attributes:
        acc: the share of images whose best-scored class is their label.
        loss: the mean loss of the scores.
        predicted: the best-scored class of each image, in the order of the images.
    """

    acc: float
    loss: float
    predicted: tuple[int, ...]


class Evaluator:
    """Measures accuracies and losses on a device, without reconstructions.

    If a batch does not fit into memory, the batch size is halved for this pass and all later ones, and a
    remark is added.

    Args:
        device: the device of the networks and images.
        computing: returns a context in which forward passes run, such as one that sets their precision and
            the ways in which products are computed.
        batch_size: the initial images per batch; the default depends on the device.
        on_progress: receives how many images were seen.

    Attributes:
        computing: may be replaced between two passes.
        batch_size: the present number of images per batch.
        remarks: one line per halving.
    """

    def __init__(
        self,
        device: torch.device,
        computing: Callable[[], AbstractContextManager[Any]] = nullcontext,
        batch_size: int | None = None,
        on_progress: OnProgress = unheard,
    ) -> None:
        self.batch_size = batch_size or (_CUDA_BATCH if device.type == "cuda" else _CPU_BATCH)
        self._on_cpu = device.type == "cpu"
        self.remarks: list[str] = []
        self.computing = computing
        self._on_progress = on_progress

    def accuracy(
        self, network: Network, images: DeviceLoader, change: Callable[[Tensor], Tensor] | None = None
    ) -> float:
        """Return the share of `images` whose best-scored class is their label, in [0, 1].

        Args:
            network: the network; it is in evaluation mode during the pass, and in its former mode after it.
            images: the images, on the network's device.
            change: a function that is applied to each batch of images, [B, C, H, W], before the network.

        Raises:
            DataError: there are no images.
            MemoryError, RuntimeError: not even one image fits into memory.
        """
        seen = change or _unchanged
        return self.fitting(
            network,
            lambda size: accuracy(
                network, ((seen(pixels), labels) for pixels, labels in self._seen(images, size))
            ),
        )

    def judge(self, network: Network, images: DeviceLoader, loss: LossName = "margin") -> Judgement:
        """Return accuracy, loss and predictions from one pass; see the function `judge`.

        Raises:
            DataError, MemoryError, RuntimeError: as for `accuracy`.
        """
        return self.fitting(network, lambda size: judge(network, self._seen(images, size), loss))

    def _seen(self, images: DeviceLoader, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Return the images in batches, and tell how many were seen."""
        for number, batch in enumerate(images.ordered(size)):
            self._on_progress("evaluating images", number * size, len(images))
            yield batch

    def fitting(self, network: Network, pass_over: Callable[[int], T]) -> T:
        """Return the result of `pass_over` at the present batch size, halving it while memory runs out.

        On a CPU it is that of `images_of_pass` at most: a system may kill a process that takes too much.
        """
        if self._on_cpu:
            self.batch_size = min(self.batch_size, images_of_pass(network.architecture))
        while True:
            try:
                with self.computing():
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
    """Return the share of images whose best-scored class is their label, in [0, 1].

    Args:
        network: the network; it is in evaluation mode during the pass, and in its former mode after it.
        batches: (images [B, C, H, W] in [0, 1], labels [B]) on the network's device.

    Raises:
        DataError: there are no images.
    """
    return judge(network, batches).acc


@torch.inference_mode()
def judge(network: Network, batches: Iterable[tuple[Tensor, Tensor]], loss: LossName = "margin") -> Judgement:
    """Return accuracy, mean loss and predictions for the images of `batches`, as `accuracy` does.

    The loss is the training loss of the class scores, without reconstruction; a spread loss has its final
    margin, so that epochs can be compared. For a family with its own loss, that loss is used in place of
    `loss`.
    """
    name: LossName = FAMILIES.get(network.architecture.family).loss or loss
    was_training = network.training
    network.eval()
    # on the device, so that each is read only once
    sums: Tensor | None = None  # right predictions and losses
    predicted: list[Tensor] = []
    try:
        for images, labels in batches:
            scores = network.scores(images)
            predicted.append(network.of_labels(scores).argmax(dim=1))
            right = (predicted[-1] == labels).sum()
            mean = class_loss(scores.float(), network.classes_of(labels), name)
            both = torch.stack([right.double(), mean.double() * len(labels)])
            sums = both if sums is None else sums + both
    finally:
        network.train(was_training)
    if sums is None:
        raise DataError("there are no images to measure an accuracy on")
    right_sum, loss_sum = sums.tolist()
    classes = tuple(torch.cat(predicted).tolist())
    return Judgement(right_sum / len(classes), loss_sum / len(classes), classes)
