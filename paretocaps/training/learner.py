"""A network with its optimiser on a device: one place where a step is taken."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from paretocaps.data.loader import DeviceLoader
from paretocaps.domain.choices import Choices
from paretocaps.errors import DivergedError
from paretocaps.models.capsnet import CapsNet
from paretocaps.models.losses import capsnet_loss
from paretocaps.training.memory import saved_bytes, state_bytes
from paretocaps.training.precision import autocast, resolve_precision
from paretocaps.training.stopwatch import Stopwatch

_CUDA_STEPS_A_LAP = 16  # a synchronisation per step would cost small batches more than the step


class Learner:
    """Takes optimiser steps and times them.

    Args:
        network: moved to the device.
        loader: the training images.
        choices: optimiser and precision are read from it.
        device: where everything happens.
    """

    def __init__(
        self, network: CapsNet, loader: DeviceLoader, choices: Choices, device: torch.device
    ) -> None:
        self.device = device
        self.loader = loader
        self.dtype = resolve_precision(choices.precision, device)
        self.stopwatch = Stopwatch(device)
        self.network = network.to(device)
        self.optimizer: torch.optim.Optimizer = torch.optim.Adam(
            self.network.parameters(), lr=choices.lr_max, weight_decay=choices.weight_decay, fused=True
        )
        self.peak_bytes = 0
        """Peak bytes of the training steps so far; evaluation apart."""
        self._saved_bytes = 0
        self._batch_size = 0
        self._fresh = True
        self._steps_a_lap = _CUDA_STEPS_A_LAP if device.type == "cuda" else 1

    def replace(self, network: CapsNet, optimizer: torch.optim.Optimizer) -> None:
        """Go on with another network (a pruned one) and its optimiser."""
        self.network, self.optimizer = network, optimizer
        self._batch_size = 0

    def train_epoch(self, epoch: int, batch_size: int, rates: Sequence[float]) -> float:
        """Take one step a learning rate in `rates` and return the mean loss over the images.

        Raises:
            DivergedError: that loss is NaN or infinite.
        """
        self._enter_phase(batch_size)
        self.network.train()
        batches = self.loader.batches(batch_size, epoch)
        total = torch.zeros((), device=self.device)
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
        for chunk in self._laps(rates):
            ready = [next(batches) for _ in chunk]  # gathered before the clock starts
            with self.stopwatch.lap(epoch, len(chunk)):
                for (images, labels), rate in zip(ready, chunk, strict=True):
                    total += self.step(images, labels, rate) * len(labels)
        if self.device.type == "cuda":
            self._saved_bytes = 0
            self.peak_bytes = max(self.peak_bytes, torch.cuda.max_memory_allocated(self.device))
        self.peak_bytes = max(self.peak_bytes, self._saved_bytes + state_bytes(self.network, self.optimizer))
        loss = float(total) / len(self.loader)
        if loss != loss or loss in (float("inf"), float("-inf")):
            raise DivergedError(f"the loss became {loss} in epoch {epoch}: lower lr_max")
        return loss

    def forward_loss(self, images: Tensor, labels: Tensor) -> Tensor:
        """Return the training loss of one batch, a scalar."""
        with autocast(self.device, self.dtype):
            output = self.network(images, labels)
        return capsnet_loss(output, images, labels)

    def step(self, images: Tensor, labels: Tensor, rate: float) -> Tensor:
        """Take one optimiser step on a batch at learning rate `rate`; return its loss, a scalar."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss = self.forward_loss(images, labels)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.optimizer.step()
        return loss.detach()

    def _enter_phase(self, batch_size: int) -> None:
        """Start the clock's next phase, and on a CPU count the memory its steps will need."""
        if batch_size == self._batch_size:
            return
        self._batch_size = batch_size
        self._fresh = True
        self.stopwatch.start_phase()
        if self.device.type != "cuda":
            images, labels = next(self.loader.ordered(batch_size))
            images = images.clone()  # else the loader's whole block would be counted through this view
            self._saved_bytes = saved_bytes(self.network, lambda: self.forward_loss(images, labels))

    def _laps(self, rates: Sequence[float]) -> Iterator[Sequence[float]]:
        """Cut an epoch's rates into laps; a phase begins with a lap of one step, its warm-up."""
        first = 1 if self._fresh else 0
        self._fresh = False
        if first:
            yield rates[:1]
        for start in range(first, len(rates), self._steps_a_lap):
            yield rates[start : start + self._steps_a_lap]
