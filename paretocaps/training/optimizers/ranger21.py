"""Builds Ranger21, from pytorch-optimizer."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from paretocaps.domain.choices import Choices


def build(parameters: Iterable[nn.Parameter], choices: Choices, rate: Tensor) -> torch.optim.Optimizer:
    """Return Ranger21 (Wright and Demeure 2021) with the library's defaults; see `BuildOptimizer`.

    It is AdamW with positive-negative momentum, softplus, adaptive gradient clipping, gradient centralisation
    and normalisation, stable weight decay, norm loss and Lookahead. Its learning-rate schedule is the policy
    `explore_exploit` (the default with this optimiser), planned over the real steps of the training like
    every other policy; the library's own schedule, which assumes one batch size, is off. The library takes
    the learning rate as a Python number; reading it costs no more, as each step reads from the device anyway.
    """
    # its package imports a hundred optimisers, which takes as long as torch itself
    from pytorch_optimizer import Ranger21

    optimizer = Ranger21(
        parameters,
        num_iterations=1,  # only the schedule reads it, and that is off
        disable_lr_scheduler=True,
        lr=choices.lr_max,
        betas=(choices.beta1, choices.beta2),
        weight_decay=choices.weight_decay,
    )

    def read_rate(stepping: torch.optim.Optimizer, *_: Any) -> None:
        for group in stepping.param_groups:
            group["lr"] = float(rate)

    optimizer.register_step_pre_hook(read_rate)
    return optimizer
