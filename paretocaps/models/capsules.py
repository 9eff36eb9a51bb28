"""Capsules as vectors: squash and length, with gradients that are finite everywhere."""

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from paretocaps.models.exporting import is_exporting
from paretocaps.models.products import in_dtype

_TINY = 1e-18  # its square is still a normal float32; lengths below it have no direction worth a gradient


def squash(vectors: Tensor, dim: int = -1) -> Tensor:
    """Shorten vectors to lengths below 1: v = |s|^2 / (1 + |s|^2) * s / |s| (Sabour et al. 2017, Eq. 1).

    It is computed as s / (|s| + 1 / |s|), which needs no epsilon: zero vectors give exactly zero, with a
    gradient of exactly zero (the function is of second order there). Half precisions are computed in
    float32 and returned as such.

    Args:
        vectors: any shape.
        dim: the dimension that the poses lie along.
    """
    if is_exporting():
        vectors = at_least_float32(vectors)
        return vectors * squash_scale(vectors, dim)[0]
    return cast(Tensor, _Squash.apply(vectors, dim))  # type: ignore[no-untyped-call]


def squash_scale(vectors: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Return f = 1 / (|s| + 1 / |s|), by which `squash` multiplies a vector, and |s|; both keep `dim`.

    f is 0 where |s| is: 1 / 0 is infinite, and one over that is 0.
    """
    length = (vectors * vectors).sum(dim, keepdim=True).sqrt_()
    return length.reciprocal().add_(length).reciprocal_(), length


def squash_gradient(grad: Tensor, vectors: Tensor, dim: int, scaled: tuple[Tensor, Tensor]) -> Tensor:
    """Return the gradient of `squash` with respect to `vectors`, given that of its result.

    `scaled` is what `squash_scale` returns for the same vectors.

    With n = |s| and f(n) = 1 / (n + 1 / n):  ds = f g + s (s . g) f'(n) / n,
    f'(n) / n = (f / n)^2 (1 / n - n).
    """
    scale, length = scaled
    inverse = length.clamp_min(_TINY).reciprocal_()
    along = (grad * vectors).sum(dim, keepdim=True)
    ratio = scale * inverse
    along = along.mul_(ratio).mul_(ratio).mul_(inverse.sub_(length))
    return torch.addcmul(grad * scale, vectors, along)


def lengths(vectors: Tensor, dim: int = -1) -> Tensor:
    """Return the Euclidean lengths of vectors; the gradient of a zero vector's is zero.

    Half precisions are computed in float32 and returned as such; `dim` is the dimension that is removed.
    """
    if is_exporting():
        return _norm(at_least_float32(vectors), dim)
    return cast(Tensor, _Lengths.apply(vectors, dim))  # type: ignore[no-untyped-call]


def at_least_float32(tensor: Tensor) -> Tensor:
    """Return `tensor`, in float32 where it has less precision."""
    return tensor if tensor.dtype in (torch.float32, torch.float64) else tensor.float()


def _norm(vectors: Tensor, dim: int) -> Tensor:
    return (vectors * vectors).sum(dim).sqrt()  # torch's vector_norm is slow where `dim` is not the last


class _Squash(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, vectors: Tensor, dim: int) -> Tensor:
        """As the function of this name."""
        ctx.dim, ctx.dtype = dim, vectors.dtype
        vectors = at_least_float32(vectors)
        scaled = squash_scale(vectors, dim)
        ctx.save_for_backward(vectors, *scaled)
        return vectors * scaled[0]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        """Gradient of the vectors."""
        vectors, *scaled = ctx.saved_tensors
        return in_dtype(squash_gradient(grad, vectors, ctx.dim, tuple(scaled)), ctx.dtype), None


class _Lengths(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, vectors: Tensor, dim: int) -> Tensor:
        """As the function of this name."""
        ctx.dim, ctx.dtype = dim, vectors.dtype
        vectors = at_least_float32(vectors)
        length = _norm(vectors, dim)
        ctx.save_for_backward(vectors, length)
        return length

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        """Gradient of the vectors."""
        vectors, length = ctx.saved_tensors
        along = (grad / length.clamp_min(_TINY)).unsqueeze(ctx.dim)
        return in_dtype(vectors * along, ctx.dtype), None
