"""A linear layer and its activation as one operation with its own backward pass."""

from typing import Any, Literal, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from paretocaps.models.capsules import at_least_float32
from paretocaps.models.convolution import compute_dtype
from paretocaps.models.exporting import is_exporting
from paretocaps.models.products import in_dtype, not_changed_in_place, without_autocast

Activation = Literal["relu", "sigmoid"]


def dense(inputs: Tensor, weight: Tensor, bias: Tensor, activation: Activation) -> Tensor:
    """Return the activation of inputs W^T + b, [B, K]; a sigmoid is computed in float32 at least.

    Products are computed in autocast's dtype under autocast, and in `weight`'s otherwise.

    Args:
        inputs: [B, C].
        weight: [K, C].
        bias: [K].
        activation: what follows the sum.
    """
    if is_exporting():
        sums = functional.linear(inputs, weight, bias)
        return sums.relu() if activation == "relu" else at_least_float32(sums).sigmoid()
    return cast(Tensor, _Dense.apply(inputs, weight, bias, activation, compute_dtype(weight)))  # type: ignore[no-untyped-call]


class _Dense(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor, activation: Activation, dtype: torch.dtype
    ) -> Tensor:
        """As `dense`."""
        ctx.rectified, ctx.dtypes = activation == "relu", (inputs.dtype, weight.dtype, bias.dtype)
        inputs, weight = in_dtype(inputs, dtype), in_dtype(weight, dtype)
        with without_autocast(inputs.device.type):
            sums = torch.addmm(in_dtype(bias, dtype), inputs, weight.t())
        outputs = sums.relu_() if ctx.rectified else at_least_float32(sums).sigmoid_()
        ctx.save_for_backward(inputs, weight, outputs)
        return not_changed_in_place(outputs)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of inputs, weight and bias."""
        inputs, weight, outputs = ctx.saved_tensors
        if ctx.rectified:
            grad = torch.ops.aten.threshold_backward(grad, outputs, 0)
        else:
            grad = torch.ops.aten.sigmoid_backward(grad, outputs)
        grad = in_dtype(grad, weight.dtype)
        with without_autocast(grad.device.type):
            of_inputs = torch.mm(grad, weight) if ctx.needs_input_grad[0] else None
            found = of_inputs, torch.mm(grad.t(), inputs), grad.sum(0)
        kept = (x if x is None else in_dtype(x, dtype) for x, dtype in zip(found, ctx.dtypes, strict=True))
        return *kept, None, None
