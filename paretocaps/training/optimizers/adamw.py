"""Builds AdamW: Adam with decoupled weight decay."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from paretocaps.domain.choices import Choices
from paretocaps.training.optimizers.adam import fused_settings


def build(parameters: Iterable[nn.Parameter], choices: Choices, rate: Tensor) -> torch.optim.Optimizer:
    """Return AdamW (Loshchilov and Hutter 2019), all parameters in one fused call; see `BuildOptimizer`.

    Weights shrink by learning rate times weight decay per step, whatever the gradients are, so a search can
    vary the two more independently than with Adam. Without weight decay it is Adam.
    """
    return torch.optim.AdamW(parameters, **fused_settings(choices, rate))
