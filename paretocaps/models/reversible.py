"""Back-propagation through momentum layers that keeps only their last state (MoCapsNet, Algorithms 1 and 2).

    forward   v <- gamma v + (1 - gamma) f(x);   x <- x + v
    backward  x <- x - v;   v <- (v - (1 - gamma) f(x)) / gamma

A layer f is evaluated once in the forward pass and once more in the backward pass, on its rebuilt input,
and only then is what its own backward pass needs kept, for one layer at a time.
"""

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.func import functional_call


def momentum(layers: Sequence[nn.Module], gamma: float, x: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Return the last state (x, v) of momentum `layers`, reversibly.

    What is kept for the backward pass is the returned state and the parameters, however many layers there
    are. Gradients reach x, v and the parameters as ordinary back-propagation's do, through hooks too;
    second derivatives there are none. Layers are called again in the backward pass under the autocast that
    they were called under, without its cache of weights. They must be deterministic, and be functions
    of their input and parameters alone.

    Args:
        layers: one or more, each from a state [B, O, D] to another.
        gamma: above 0 and below 1; see `chain.longest_run` for how many layers it can rebuild.
        x, v: [B, O, D], float32 or float64; neither is changed.
    """
    if not torch.is_grad_enabled():
        return _forward(layers, gamma, x, v)
    parameters = [parameter for layer in layers for parameter in layer.parameters()]
    return cast(
        tuple[Tensor, Tensor],
        _Momentum.apply(x, v, tuple(layers), gamma, *parameters),  # type: ignore[no-untyped-call]
    )


def _forward(layers: Sequence[nn.Module], gamma: float, x: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    for number, layer in enumerate(layers):
        change = layer(x)
        # the first sums are new tensors, so that the caller's state stays as it is
        v = v.lerp(change, 1 - gamma) if number == 0 else v.lerp_(change, 1 - gamma)
        x = x + v if number == 0 else x.add_(v)
    return x, v


class _Momentum(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, v: Tensor, layers: tuple[nn.Module, ...], gamma: float, *parameters: Tensor
    ) -> tuple[Tensor, Tensor]:
        """As `momentum`; `parameters` are the layers', in order."""
        device = x.device.type
        ctx.layers, ctx.gamma = layers, gamma
        ctx.autocast = device, torch.get_autocast_dtype(device), torch.is_autocast_enabled(device)
        x, v = _forward(layers, gamma, x, v)
        ctx.save_for_backward(x, v, *parameters)
        return x, v

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, x_grad: Tensor, v_grad: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of x, v and the parameters."""
        x, v, *parameters = ctx.saved_tensors
        wanted, gamma = ctx.needs_input_grad[4:], ctx.gamma
        # detached, so that hooks on the parameters themselves see one gradient, the returned one
        leaves = [p.detach().requires_grad_(w) for p, w in zip(parameters, wanted, strict=True)]
        gradients: list[Tensor | None] = []
        for layer in reversed(ctx.layers):
            names = [name for name, _ in layer.named_parameters()]
            own, leaves = leaves[len(leaves) - len(names) :], leaves[: len(leaves) - len(names)]
            x = x - v
            v_grad = v_grad + x_grad
            change, own_x_grad, found = _through(
                layer, dict(zip(names, own, strict=True)), x, v_grad * (1 - gamma), ctx.autocast
            )
            v = torch.add(v, change, alpha=gamma - 1).div_(gamma)
            x_grad = x_grad + own_x_grad
            v_grad = v_grad * gamma
            gradients[:0] = found
        return x_grad, v_grad, None, None, *gradients


def _through(
    layer: nn.Module,
    parameters: dict[str, Tensor],
    x: Tensor,
    grad: Tensor,
    autocast: tuple[str, torch.dtype, bool],
) -> tuple[Tensor, Tensor, list[Tensor | None]]:
    """Return f(x), and the gradients of x and of each parameter (None where none is wanted)."""
    device, dtype, enabled = autocast
    x.requires_grad_()
    with torch.enable_grad(), torch.autocast(device, dtype=dtype, enabled=enabled, cache_enabled=False):
        change = functional_call(layer, parameters, (x,))
    wanted = [parameter for parameter in parameters.values() if parameter.requires_grad]
    x_grad, *found = torch.autograd.grad(change, [x, *wanted], grad)
    x.requires_grad_(False)
    rest = iter(found)
    return change.detach(), x_grad, [next(rest) if p.requires_grad else None for p in parameters.values()]
