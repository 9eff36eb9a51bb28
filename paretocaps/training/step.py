"""Takes one optimiser step."""

from collections.abc import Hashable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from paretocaps.domain.tuning import Tuning
from paretocaps.models.losses import spread_margin
from paretocaps.models.network import Network
from paretocaps.models.tuned import using
from paretocaps.training.loss_graph import batch_loss, compiled_loss
from paretocaps.training.loss_scaling import GradientScaling
from paretocaps.training.optimizer_step import forget_gradients, take_step
from paretocaps.training.precision import DTYPES
from paretocaps.training.ranks import ALONE, Ranks

if TYPE_CHECKING:
    from paretocaps.training.recorded import RecordedPass


class TrainingStep:
    """Runs forward, backward and optimiser; it never waits for the device, unless gradients are scaled.

    A step on more images than `pass_images` passes them in parts, one after the other, and sums the parts'
    gradients, weighted by their shares of the images. The result is the gradient of the mean loss over all
    images, with the memory of one part.

    Args:
        network: the network to train, on `device`.
        optimizer: an optimiser of its parameters, whose learning rate is the tensor `rate`.
        rate: a scalar on `device`, see `optimizer.rate_tensor`.
        device: where everything happens.
        tuning: the ways in which products are computed; weights stay float32.
        loss: as `Choices.loss`.
        scaling: scales the gradients where products are float16.
        ranks: the ranks of this training; each takes its share of every step.

    Attributes:
        network: the network that is trained.
        pass_images: images per forward pass; 0 means all images of a step.
        head: replaces the network where batches are features of images; None where they are images.
        tuning: may be replaced between two steps.
        spread: the spread loss's margin, a scalar on the device that the caller fills.
    """

    def __init__(
        self,
        network: Network,
        optimizer: torch.optim.Optimizer,
        rate: Tensor,
        device: torch.device,
        tuning: Tuning,
        loss: Literal["margin", "spread"] = "margin",
        scaling: GradientScaling | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        self.ranks, self.optimizer, self.rate = ranks, optimizer, rate
        self.replace(network)
        self.device, self.tuning = device, tuning
        self.spread = torch.full((), spread_margin(1.0), device=device)
        self.pass_images = 0
        self.head: Network | None = None
        self._loss, self._scaling = loss, scaling

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of convolutions and matrix products."""
        return DTYPES[self.tuning.precision]

    def replace(self, network: Network) -> None:
        """Train `network` from the next step on, the same on every rank."""
        self.network = self.ranks.synchronised(network)
        self._recorded: dict[Hashable, RecordedPass | None] = {}
        self._shared = self.ranks.wrapped(self.network)

    def loss(self, images: Tensor, labels: Tensor, through: nn.Module | None = None) -> Tensor:
        """Return the training loss of a batch, the mean over its images, a scalar.

        Args:
            images: [B, C, H, W].
            labels: [B].
            through: a module that wraps the network; by default the network itself.
        """
        network = self.head or through or self.network
        # a batch of another size, such as an epoch's last one, would be compiled for itself
        whole = self.ranks.size == 1 and len(labels) == self.pass_images
        if not (self.tuning.compiled and whole):
            return batch_loss(network, images, labels, self._loss, self.spread, self.dtype)
        tuning = self.tuning.model_dump_json()
        return compiled_loss()(network, images, labels, self._loss, self.spread, self.dtype, tuning)

    def take(self, images: Tensor, labels: Tensor, weights: Sequence[float] | None = None) -> Tensor:
        """Take one step on a batch at the learning rate in `rate`; return its loss, a scalar.

        Args:
            images: [B, C, H, W]; with several ranks, this rank's share.
            labels: [B].
            weights: given with several ranks: the weight of each of this rank's passes in the mean loss of
                the step, see `Share.weights`. The result is then this rank's share of the loss.
        """
        with using(self.tuning):
            forget_gradients(self.optimizer)
            loss = self._gradients(images, labels, weights)
            if self._scaling is None:
                take_step(self.optimizer)
            else:
                self._scaling.step(self.optimizer)
        return loss

    def _gradients(self, images: Tensor, labels: Tensor, weights: Sequence[float] | None) -> Tensor:
        """Add the gradients of the mean loss of a step's images to the parameters' own; return that loss."""
        size = self.pass_images or len(labels)
        if weights is None and len(labels) <= size:
            recorded = self._recorded_pass(images, labels) if len(labels) == size else None
            return recorded(images, labels) if recorded else self._backward(self.loss(images, labels))
        parts = list(zip(torch.split(images, size), torch.split(labels, size), strict=True))
        if weights is None:
            weights = [len(truth) / len(labels) for _, truth in parts]
        total = torch.zeros((), device=self.device)
        for number, ((part, truth), weight) in enumerate(zip(parts, weights, strict=True), start=1):
            with self._sending(number == len(parts)):
                # DDP averages the ranks' gradients, but the step needs their sum
                loss = self.loss(part, truth, self._shared) * (weight * self.ranks.size)
                total += self._backward(loss) / self.ranks.size
        return total

    def _recorded_pass(self, images: Tensor, labels: Tensor) -> "RecordedPass | None":
        """Return the pass on batches of this shape as it is replayed; None where it is not or cannot be."""
        if not self.tuning.recorded or self.device.type != "cpu" or self._scaling or self.ranks.size > 1:
            return None
        network = self.head or self.network
        trained = tuple(parameter.requires_grad for parameter in network.parameters())
        shapes = images.shape, images.stride(), images.dtype, labels.shape, labels.dtype
        key = network, network.training, trained, self.tuning, shapes
        if key not in self._recorded:
            self._recorded[key] = self._record(network, images, labels)
        return self._recorded[key]

    def _record(self, network: Network, images: Tensor, labels: Tensor) -> "RecordedPass | None":
        """Return the pass as it is replayed, or None where it cannot be; the network stays as it is."""

        def loss(copied: Network, images: Tensor, labels: Tensor) -> Tensor:
            return batch_loss(copied, images, labels, self._loss, self.spread, self.dtype)

        try:
            from paretocaps.training.recorded import RecordedPass

            return RecordedPass(network, loss, images, labels, [self.spread])
        except (ImportError, RuntimeError, AttributeError, TypeError):  # versions of torch differ
            return None

    def _sending(self, last: bool) -> AbstractContextManager[None]:
        """Return the context of a pass: the ranks' gradients are averaged only in the last pass of a step."""
        if last or not isinstance(self._shared, DistributedDataParallel):
            return nullcontext()
        return self._shared.no_sync()

    def _backward(self, loss: Tensor) -> Tensor:
        torch.autograd.backward(loss if self._scaling is None else self._scaling.scale(loss))
        return loss.detach()
