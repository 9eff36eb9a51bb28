"""One optimiser step."""

from typing import Literal

import torch
from torch import Tensor

from paretocaps.models.losses import capsnet_loss, spread_margin
from paretocaps.models.network import Network
from paretocaps.training.precision import autocast


class TrainingStep:
    """Forward, backward and optimiser; nothing in it waits for the device.

    Args:
        network: on `device`.
        optimizer: of its parameters; its learning rate is the tensor `rate`.
        rate: scalar on `device`, see `optimizer.rate_tensor`.
        device: where everything happens.
        dtype: what convolutions and matrix products are computed in; weights stay float32.
        loss: as `Choices.loss`.

    Attributes:
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
    ) -> None:
        self.network, self.optimizer, self.rate = network, optimizer, rate
        self.device, self.dtype = device, dtype
        self.spread = torch.full((), spread_margin(1.0), device=device)
        self._loss = loss

    def loss(self, images: Tensor, labels: Tensor) -> Tensor:
        """Return the training loss of a batch, the mean over its images, a scalar."""
        with autocast(self.device, self.dtype):
            output = self.network(images, labels)
        return capsnet_loss(output, images, labels, self._loss, self.spread)

    def take(self, images: Tensor, labels: Tensor) -> Tensor:
        """Take one step on a batch at the learning rate in `rate`; return its loss, a scalar."""
        loss = self.loss(images, labels)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.optimizer.step()
        return loss.detach()
