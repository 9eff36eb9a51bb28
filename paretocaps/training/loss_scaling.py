"""Scales losses for float16, and counts the steps that this skips."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


class GradientScaling:
    """Scales losses, so that small gradients do not vanish in float16, and unscales before the step.

    This is Micikevicius et al. 2018, "Mixed precision training", section 3.2, by torch's `GradScaler`. A step
    whose gradients have an infinity or a NaN is skipped, and the scale is halved; after 2,000 steps without
    one it is doubled. Whether a step was skipped is read from the device, so every step waits for it.

    Args:
        device: where the gradients are.

    Attributes:
        steps: how many steps were taken or skipped.
        skipped: how many of them were skipped.
    """

    def __init__(self, device: torch.device) -> None:
        self._scaler = torch.amp.GradScaler(device.type)
        self._scale = self._scaler.get_scale()
        self.steps = self.skipped = 0

    def scale(self, loss: Tensor) -> Tensor:
        """Return the loss to differentiate."""
        scaled: Tensor = self._scaler.scale(loss)
        return scaled

    def step(self, optimizer: torch.optim.Optimizer) -> None:
        """Unscale the gradients and take the optimiser's step, or skip it where one of them is not finite."""
        self._scaler.unscale_(optimizer)
        self._scaler.step(optimizer)
        self._scaler.update()
        before, self._scale = self._scale, self._scaler.get_scale()
        self.steps += 1
        self.skipped += self._scale < before

    def state(self) -> dict[str, Any]:
        """Return what a later process needs to continue the scaling."""
        return {"scaler": self._scaler.state_dict(), "steps": self.steps, "skipped": self.skipped}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state` returned."""
        self._scaler.load_state_dict(dict(state["scaler"]))
        self._scale = self._scaler.get_scale()
        self.steps, self.skipped = state["steps"], state["skipped"]

    @property
    def remarks(self) -> list[str]:
        """A line on how many steps were skipped, if any were."""
        if not self.skipped:
            return []
        return [f"{self.skipped} of {self.steps} steps were skipped: their gradients overflowed in fp16"]
