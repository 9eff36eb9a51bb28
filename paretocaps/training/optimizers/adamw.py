"""Adam with decoupled weight decay."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from paretocaps.domain.choices import Choices


def build(parameters: Iterable[nn.Parameter], choices: Choices, rate: Tensor) -> torch.optim.Optimizer:
    """Return AdamW (Loshchilov and Hutter 2019), all parameters in one fused call; see `BuildOptimizer`.

    Weights shrink by learning rate times weight decay a step, whatever the gradients are, so that a search
    can move the two more nearly apart than with Adam. Without weight decay it is Adam.
    """
    return torch.optim.AdamW(
        parameters,
        lr=rate,
        betas=(choices.beta1, choices.beta2),
        weight_decay=choices.weight_decay,
        fused=True,
        capturable=rate.device.type == "cuda",
    )
