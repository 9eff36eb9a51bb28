"""Takes optimiser steps, those of fused Adam on a CPU with little besides the update itself.

torch's `step` and `zero_grad` check and sort every parameter in Python, which is a noticeable part of the
step of a small network.
"""

from typing import Any

import torch
from torch import Tensor, nn

_ONE = torch.ones(())
_HAS_CALLS = all(hasattr(torch, name) for name in ("_foreach_add_", "_fused_adam_", "_fused_adamw_"))
_HOOKS = "_optimizer_step_pre_hooks", "_optimizer_step_post_hooks"


def forget_gradients(optimizer: torch.optim.Optimizer) -> None:
    """Leave the parameters of `optimizer` without gradients, as `zero_grad` does."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None


def take_step(optimizer: torch.optim.Optimizer) -> None:
    """Do what `optimizer.step` does, in the one call that it would make where nothing else is to be done.

    The call is private to torch; where it is missing, every step is `optimizer.step`.
    """
    groups = optimizer.param_groups
    trained = [[parameter for parameter in group["params"] if parameter.grad is not None] for group in groups]
    if not all(_is_plain(optimizer, group, own) for group, own in zip(groups, trained, strict=True)):
        optimizer.step()
        return
    for group, own in zip(groups, trained, strict=True):
        _update(optimizer, group, own)


def _is_plain(optimizer: torch.optim.Optimizer, group: dict[str, Any], trained: list[nn.Parameter]) -> bool:
    """Return whether a step of these parameters is one call of fused Adam, and nothing watches it.

    The first step of a parameter is torch's own, which makes its state.
    """
    return (
        _HAS_CALLS
        and isinstance(optimizer, torch.optim.Adam)
        and bool(group["fused"])
        and not (group["amsgrad"] or group["maximize"] or group["capturable"])
        and not any(getattr(optimizer, name, True) for name in _HOOKS)
        and all(optimizer.state.get(parameter) for parameter in trained)
    )


@torch.no_grad()
def _update(optimizer: torch.optim.Optimizer, group: dict[str, Any], trained: list[nn.Parameter]) -> None:
    states = [optimizer.state[parameter] for parameter in trained]
    steps = [state["step"] for state in states]
    if not steps:
        return
    torch._foreach_add_(steps, [_ONE] * len(steps))  # a number would be made a tensor for each of them
    call = torch._fused_adamw_ if group["decoupled_weight_decay"] else torch._fused_adam_
    beta1, beta2 = group["betas"]
    weights: list[Tensor] = [*trained]
    gradients = [parameter.grad for parameter in trained if parameter.grad is not None]
    call(
        weights,
        gradients,
        [state["exp_avg"] for state in states],
        [state["exp_avg_sq"] for state in states],
        [],
        steps,
        lr=group["lr"],
        beta1=beta1,
        beta2=beta2,
        weight_decay=group["weight_decay"],
        eps=group["eps"],
        amsgrad=False,
        maximize=False,
    )
