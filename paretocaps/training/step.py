"""One optimiser step."""

from typing import Literal

import torch
from torch import Tensor

from paretocaps.models.losses import capsnet_loss, spread_margin
from paretocaps.models.network import Network
from paretocaps.training.precision import autocast
from paretocaps.training.scaling import GradientScaling


class TrainingStep:
    """Forward, backward and optimiser; nothing in it waits for the device, unless gradients are scaled.

    A step on more images than `pass_images` passes them in parts, one after the other, and adds up their
    gradients, each part weighted by its share of the images: the gradient of the mean loss over all of them,
    with the memory of one part.

    Args:
        network: on `device`.
        optimizer: of its parameters; its learning rate is the tensor `rate`.
        rate: scalar on `device`, see `optimizer.rate_tensor`.
        device: where everything happens.
        dtype: what convolutions and matrix products are computed in; weights stay float32.
        loss: as `Choices.loss`.
        scaling: of the gradients, where products are float16.

    Attributes:
        pass_images: images of one forward pass; 0 for all of a step's.
        head: stands in for the network where batches are features of images; None where they are images.
        spread: the spread loss's margin, a scalar on the device to be filled.
    """

    def __init__(
        self,
        network: Network,
        optimizer: torch.optim.Optimizer,
        rate: Tensor,
        device: torch.device,
        dtype: torch.dtype,
        loss: Literal["margin", "spread"] = "margin",
        scaling: GradientScaling | None = None,
    ) -> None:
        self.network, self.optimizer, self.rate = network, optimizer, rate
        self.device, self.dtype = device, dtype
        self.spread = torch.full((), spread_margin(1.0), device=device)
        self.pass_images = 0
        self.head: Network | None = None
        self._loss, self._scaling = loss, scaling

    def loss(self, images: Tensor, labels: Tensor) -> Tensor:
        """Return the training loss of a batch, the mean over its images, a scalar."""
        with autocast(self.device, self.dtype):
            output = (self.head or self.network)(images, labels)
        return capsnet_loss(output, images, labels, self._loss, self.spread)

    def take(self, images: Tensor, labels: Tensor) -> Tensor:
        """Take one step on a batch at the learning rate in `rate`; return its loss, a scalar."""
        self.optimizer.zero_grad(set_to_none=True)
        loss = self._gradients(images, labels)
        if self._scaling is None:
            self.optimizer.step()
        else:
            self._scaling.step(self.optimizer)
        return loss

    def _gradients(self, images: Tensor, labels: Tensor) -> Tensor:
        """Add the gradients of the mean loss of a step's images to the parameters' own; return that loss."""
        count = len(labels)
        if not 0 < self.pass_images < count:
            return self._backward(self.loss(images, labels))
        total = torch.zeros((), device=self.device)
        for part, truth in zip(
            *(torch.split(whole, self.pass_images) for whole in (images, labels)), strict=True
        ):
            total += self._backward(self.loss(part, truth) * (len(truth) / count))
        return total

    def _backward(self, loss: Tensor) -> Tensor:
        torch.autograd.backward(loss if self._scaling is None else self._scaling.scale(loss))
        return loss.detach()
