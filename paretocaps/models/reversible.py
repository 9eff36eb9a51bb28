"""Back-propagation through momentum layers that keeps only their last state (MoCapsNet, Algorithms 1 and 2).

    forward   v <- gamma v + (1 - gamma) f(x);   x <- x + v
    backward  x <- x - v;   v <- (v - (1 - gamma) f(x)) / gamma

A layer f is evaluated once in the forward pass, and again on its rebuilt input in the backward pass. Only
then is kept what its own backward pass needs, for one layer at a time.

x and v are summed in float64, and f reads x rounded. The rebuilt x then agrees to the last bit of
float32 as a rule, f gives the same result again, and no error of f is divided by gamma on the way back. With
sums in float32, gradients of em routing, whose densities are steep, were off by 7e-5 after 16 layers at gamma
0.9. The velocity is kept as w = v / (1 - gamma), which saves two passes:
w <- gamma w + f(x);  x <- x + (1 - gamma) w.
"""

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.func import functional_call


def momentum(
    layers: Sequence[nn.Module], gamma: float, x: Tensor, w: Tensor, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Return the last state (x, w) of momentum `layers`, reversibly.

    The backward pass needs the returned state and the parameters only, however many layers there are.
    Gradients reach x, w and the parameters as in ordinary back-propagation, through hooks too; there are
    no second derivatives. The backward pass calls the layers again under the same autocast as the forward
    pass, but without its cache of weights. Layers must be deterministic, and depend on their input and
    parameters alone.

    Args:
        layers: one or more, each from a state [B, O, D] in `dtype` to another.
        gamma: above 0 and below 1; see `chain.longest_run` for how many layers it can rebuild.
        x, w: [B, O, D], float64, w = v / (1 - gamma); neither is changed.
        dtype: what the layers take, float32 or float64.
    """
    if not torch.is_grad_enabled():
        return _forward(layers, gamma, x, w, dtype)
    parameters = [parameter for layer in layers for parameter in layer.parameters()]
    return cast(
        tuple[Tensor, Tensor],
        _Momentum.apply(x, w, tuple(layers), gamma, dtype, *parameters),  # type: ignore[no-untyped-call]
    )


def _forward(
    layers: Sequence[nn.Module], gamma: float, x: Tensor, w: Tensor, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    for layer in layers:
        w = torch.add(layer(x.to(dtype)), w, alpha=gamma)
        x = torch.add(x, w, alpha=1 - gamma)
    return x, w


class _Momentum(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        w: Tensor,
        layers: tuple[nn.Module, ...],
        gamma: float,
        dtype: torch.dtype,
        *parameters: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """As `momentum`; `parameters` are the layers', in order."""
        device = x.device.type
        ctx.layers, ctx.gamma, ctx.dtype = layers, gamma, dtype
        ctx.autocast = device, torch.get_autocast_dtype(device), torch.is_autocast_enabled(device)
        x, w = _forward(layers, gamma, x, w, dtype)
        ctx.save_for_backward(x, w, *parameters)
        return x, w

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, x_grad: Tensor, w_grad: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of x, w and the parameters."""
        x, w, *parameters = ctx.saved_tensors
        wanted, gamma = ctx.needs_input_grad[5:], ctx.gamma
        x_grad, w_grad = x_grad.to(ctx.dtype), w_grad.to(ctx.dtype)
        # detached, so that hooks on the parameters themselves see one gradient, the returned one
        leaves = [p.detach().requires_grad_(grad) for p, grad in zip(parameters, wanted, strict=True)]
        gradients: list[Tensor | None] = []
        for layer in reversed(ctx.layers):
            names = [name for name, _ in layer.named_parameters()]
            own, leaves = leaves[len(leaves) - len(names) :], leaves[: len(leaves) - len(names)]
            x = torch.sub(x, w, alpha=1 - gamma)
            grad = torch.add(w_grad, x_grad, alpha=1 - gamma)  # of w, through which f and the earlier w act
            change, through, found = _through(
                layer, dict(zip(names, own, strict=True)), x.to(ctx.dtype), grad, ctx.autocast
            )
            w = (w - change).div_(gamma)
            x_grad, w_grad = x_grad + through, grad * gamma
            gradients[:0] = found
        return x_grad.double(), w_grad.double(), None, None, None, *gradients


def _through(
    layer: nn.Module,
    parameters: dict[str, Tensor],
    x: Tensor,
    grad: Tensor,
    autocast: tuple[str, torch.dtype, bool],
) -> tuple[Tensor, Tensor, list[Tensor | None]]:
    """Return f(x), and the gradients of x and of each parameter (None where none is wanted)."""
    device, dtype, enabled = autocast
    x = x.detach().requires_grad_()
    with torch.enable_grad(), torch.autocast(device, dtype=dtype, enabled=enabled, cache_enabled=False):
        change = functional_call(layer, parameters, (x,))
    wanted = [parameter for parameter in parameters.values() if parameter.requires_grad]
    x_grad, *found = torch.autograd.grad(change, [x, *wanted], grad)
    rest = iter(found)
    return change.detach(), x_grad, [next(rest) if p.requires_grad else None for p in parameters.values()]
