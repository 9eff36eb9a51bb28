"""Builds Adam."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from paretocaps.domain.choices import Choices


def build(parameters: Iterable[nn.Parameter], choices: Choices, rate: Tensor) -> torch.optim.Optimizer:
    """Return Adam (Kingma and Ba 2014), all parameters in one fused call; see `BuildOptimizer`.

    Weight decay is added to the gradient, as an L2 penalty would be.
    """
    return torch.optim.Adam(parameters, **fused_settings(choices, rate))


def fused_settings(choices: Choices, rate: Tensor) -> dict[str, Any]:
    """Return the arguments of torch's Adam and AdamW for one fused call, which a CUDA graph can contain."""
    return {
        "lr": rate,
        "betas": (choices.beta1, choices.beta2),
        "weight_decay": choices.weight_decay,
        "fused": True,
        "capturable": rate.device.type == "cuda",
    }
