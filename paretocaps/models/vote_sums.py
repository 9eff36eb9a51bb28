"""Sums over votes as differentiable operations: weighted sums, agreements and squared lengths.

`agreement.route` has a backward pass of its own; a routing that does more with its votes is built from these
operations. They form no votes either, and keep for the backward pass only what they are given.

Shapes as in `votes.py`: B batch, O output capsules, E and D pose dimensions of input and output
capsules, M matrices per output capsule, R input capsules that share a matrix.
"""

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from paretocaps.models.exporting import is_exporting
from paretocaps.models.products import sum_dtype, without_autocast
from paretocaps.models.recompute import recompute
from paretocaps.models.votes import VoteGradients, Votes


def weighted(poses: Tensor, weight: Tensor, couplings: Tensor, scales: Tensor) -> Tensor:
    """Return sum_i c_ij a_ij u_hat_ij, [O, D, B], in float32 at least.

    Args:
        poses: [E, M, R, B], contiguous, in the dtype that products are computed in.
        weight: [O, D, E * M], contiguous, the same dtype.
        couplings, scales: c and a, [O, M, R, B]; their product is not kept.
    """
    if is_exporting():
        return Votes(poses, weight).weighted(couplings * scales)
    return cast(Tensor, _Weighted.apply(poses, weight, couplings, scales))  # type: ignore[no-untyped-call]


def agreement(poses: Tensor, weight: Tensor, vectors: Tensor) -> Tensor:
    """Return u_hat_ij . v_j, [O, M, R, B], in float32 at least, for vectors v [O, D, B].

    Args:
        poses, weight: as for `weighted`.
        vectors: [O, D, B].
    """
    if is_exporting():
        return Votes(poses, weight).agreement(vectors)
    return cast(Tensor, _Agreement.apply(poses, weight, vectors))  # type: ignore[no-untyped-call]


def squares(poses: Tensor, weight: Tensor) -> Tensor:
    """Return |u_hat_ij|^2, [O, M, R, B], computed in float32 at least, since they are subtracted later.

    |W u|^2 = sum over a <= b of (W^T W)_ab u_a u_b (off the diagonal twice), which is one
    product of matrices over all pairs (a, b): 36 of them for the 8 pose dimensions of a capsule.

    Args:
        poses, weight: as for `weighted`.
    """
    dtype = sum_dtype(poses)
    return recompute(_squares, poses.to(dtype), weight.to(dtype))[0]


def _squares(poses: Tensor, weight: Tensor) -> tuple[Tensor]:
    dimensions, matrices, shared, batch = poses.shape
    first, second = torch.triu_indices(dimensions, dimensions, device=poses.device)
    rows = weight.view(*weight.shape[:2], dimensions, matrices).permute(3, 0, 2, 1)  # [M, O, E, D]
    gram = (rows @ rows.transpose(2, 3)).flatten(2)[..., first * dimensions + second]
    gram = gram * torch.where(first == second, 1.0, 2.0).to(gram.dtype)
    by_matrix = poses.transpose(0, 1).flatten(2)  # [M, E, R * B]
    pairs = by_matrix[:, first] * by_matrix[:, second]
    lengths = torch.bmm(gram, pairs).clamp_min(0).transpose(0, 1).contiguous()
    return (lengths.view(len(weight), matrices, shared, batch),)


class _Weighted(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, poses: Tensor, weight: Tensor, couplings: Tensor, scales: Tensor) -> Tensor:
        """As `weighted`."""
        ctx.save_for_backward(poses, weight, couplings, scales)
        with without_autocast(poses.device.type):
            return Votes(poses, weight).weighted(couplings * scales)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of poses, weight, couplings and scales."""
        poses, weight, couplings, scales = ctx.saved_tensors
        with without_autocast(grad.device.type):
            found = _gradients(poses, weight, couplings * scales, grad)
            factors = Votes(poses, weight).agreement(grad)
        return *found, factors * scales if ctx.needs_input_grad[2] else None, factors * couplings


class _Agreement(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, poses: Tensor, weight: Tensor, vectors: Tensor) -> Tensor:
        """As `agreement`."""
        ctx.save_for_backward(poses, weight, vectors)
        with without_autocast(poses.device.type):
            return Votes(poses, weight).agreement(vectors)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, ...]:
        """Gradients of poses, weight and vectors."""
        poses, weight, vectors = ctx.saved_tensors
        with without_autocast(grad.device.type):
            found = _gradients(poses, weight, grad, vectors)
            return *found, Votes(poses, weight).weighted(grad)


def _gradients(poses: Tensor, weight: Tensor, factors: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
    gradients = VoteGradients(Votes(poses, weight))
    gradients.add(factors, vectors.contiguous())
    return gradients.poses.to(poses.dtype), gradients.weight.to(weight.dtype)
