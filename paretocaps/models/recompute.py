"""Functions whose intermediate results are computed again in the backward pass instead of being kept."""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from paretocaps.models.exporting import is_exporting


def recompute(function: Callable[..., tuple[Tensor, ...]], *inputs: Tensor) -> tuple[Tensor, ...]:
    """Return function(*inputs), and keep nothing but `inputs` for the backward pass.

    Unlike torch's checkpoint, this changes no random state and installs no hooks. `function` must be
    deterministic and hold no tensors of its own; it runs without autocast both times. There are gradients
    of first order only.

    Args:
        function: takes tensors and returns a tuple of floating-point tensors.
        inputs: floating-point tensors.
    """
    if is_exporting():
        return function(*inputs)
    return cast(tuple[Tensor, ...], _Recompute.apply(function, *inputs))  # type: ignore[no-untyped-call]


class _Recompute(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, function: Callable[..., tuple[Tensor, ...]], *inputs: Tensor) -> tuple[Tensor, ...]:
        """As `recompute`."""
        ctx.function = function
        ctx.save_for_backward(*inputs)
        with torch.autocast(inputs[0].device.type, enabled=False):
            return function(*inputs)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of the inputs that need one."""
        needed = ctx.needs_input_grad[1:]
        saved = zip(ctx.saved_tensors, needed, strict=True)
        inputs = [tensor.detach().requires_grad_(need) for tensor, need in saved]
        with torch.enable_grad(), torch.autocast(grads[0].device.type, enabled=False):
            outputs = ctx.function(*inputs)
        wanted = [tensor for tensor in inputs if tensor.requires_grad]
        reached = [pair for pair in zip(outputs, grads, strict=True) if pair[0].requires_grad]
        found = iter(
            torch.autograd.grad([output for output, _ in reached], wanted, [grad for _, grad in reached])
        )
        return None, *(next(found) if need else None for need in needed)
