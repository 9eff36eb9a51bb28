"""Routing by agreement (Sabour et al. 2017, Procedure 1) as one operation with its own backward pass."""

from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from paretocaps.models.capsules import squash_gradient, squash_scale
from paretocaps.models.exporting import is_exporting
from paretocaps.models.one_image_votes import OneImageVotes, are_formed
from paretocaps.models.products import in_dtype, not_changed_in_place, without_autocast
from paretocaps.models.votes import VoteGradients, Votes


class Iteration(NamedTuple):
    """An iteration's couplings [O, M, R, B], None where all are 1/O, and sums with bias, [O, D, B]."""

    couplings: Tensor | None
    sums: Tensor


def route(
    poses: Tensor,
    weight: Tensor,
    bias: Tensor,
    iterations: int,
    *,
    full_gradient: bool = False,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Return the class capsules' inputs before the last squash, s_j = sum_i c_ij u_hat_ij + bias_j.

    Procedure 1: the logits of every sample start at 0. Each iteration takes as couplings c_i the softmax of
    the logits over the *output* capsules, sums the votes, adds the bias and squashes; each but the last
    one then adds the agreement u_hat_ij . v_j to the logits.

    Gradients: by default the couplings of the last iteration are constants in the backward pass, so
    that gradients reach poses, weight and bias through the last weighted sum alone. With
    `full_gradient` all iterations are differentiated. No paper says which of the two it means. The code of
    Sabour et al. and of X-TrainCaps/FasTrCaps stops no gradient in the loop, as `full_gradient` does; that of
    MoCapsNet detaches the votes of all but the last iteration, which is the default here and in most
    implementations. The two agree for one iteration. Nothing of the size of the votes is kept either way.

    Args:
        poses: [E, I, B] input capsules, poses first and batch last; capsule i is number i % R of
            those that share matrix i // R, where R = I / M.
        weight: [O, D, E, M].
        bias: [O, D].
        iterations: 1 or more.
        full_gradient: whether to differentiate all iterations, and not only the last sum.
        dtype: the precision of matrix products, `weight`'s by default; logits, couplings, squash and the
            result have float32 at least.

    Returns:
        [O, D, B].
    """
    if is_exporting():
        return _iterate(_votes(poses, weight, dtype or weight.dtype), bias, iterations)[-1].sums
    return cast(
        Tensor,
        _Route.apply(poses, weight, bias, iterations, full_gradient, dtype or weight.dtype),  # type: ignore[no-untyped-call]
    )


@torch.no_grad()
def couplings(poses: Tensor, weight: Tensor, bias: Tensor, iterations: int) -> Tensor:
    """Return the couplings of the last iteration, [O, I, B]; arguments as for `route`."""
    votes = _votes(poses, weight, weight.dtype)
    *_, last = _iterate(votes, bias, iterations)
    if last.couplings is None:
        return poses.new_full((len(weight), *poses.shape[1:]), 1 / len(weight))
    return last.couplings.flatten(1, 2)


def _iterate(votes: Votes, bias: Tensor, iterations: int) -> list[Iteration]:
    bias = bias.unsqueeze(-1)
    logits: Tensor | None = None
    taken = OneImageVotes(votes) if iterations > 1 and are_formed(votes) else votes
    history = [Iteration(None, taken.mean().add_(bias))]
    for _ in range(iterations - 1):
        sums = history[-1].sums
        agreement = taken.agreement(sums * squash_scale(sums, dim=1)[0])
        logits = agreement if logits is None else agreement.add_(logits)
        coupling = logits.softmax(0)
        history.append(Iteration(coupling, taken.weighted(coupling).add_(bias)))
    return history


def _votes(poses: Tensor, weight: Tensor, dtype: torch.dtype) -> Votes:
    outputs, dimensions, inputs, matrices = weight.shape
    grouped = in_dtype(poses, dtype).contiguous().view(inputs, matrices, -1, poses.shape[-1])
    return Votes(grouped, in_dtype(weight, dtype).contiguous().view(outputs, dimensions, inputs * matrices))


class _Route(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        poses: Tensor,
        weight: Tensor,
        bias: Tensor,
        iterations: int,
        full_gradient: bool,
        dtype: torch.dtype,
    ) -> Tensor:
        """As `route`."""
        with without_autocast(poses.device.type):
            votes = _votes(poses, weight, dtype)
            history = _iterate(votes, bias, iterations)
        last = history[-1].couplings
        kept = [last] if last is not None else []
        if full_gradient:
            kept = [tensor for step in history for tensor in step if tensor is not None]
        ctx.save_for_backward(votes.poses, votes.weight, *kept)
        ctx.full_gradient, ctx.inputs = full_gradient, [(x.shape, x.dtype) for x in (poses, weight, bias)]
        return not_changed_in_place(history[-1].sums)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of poses, weight and bias."""
        poses, weight, *kept = ctx.saved_tensors
        with without_autocast(grad.device.type):
            gradients = VoteGradients(Votes(poses, weight))
            if ctx.full_gradient:
                bias = _through_iterations(gradients, kept, grad)
            else:
                bias = _through_sum(gradients, kept[0] if kept else None, grad)
        wanted = zip((gradients.poses, gradients.weight, bias), ctx.inputs, strict=True)
        return *(in_dtype(found.view(shape), dtype) for found, (shape, dtype) in wanted), None, None, None


def _through_sum(gradients: VoteGradients, coupling: Tensor | None, grad: Tensor) -> Tensor:
    """Add the gradients of one weighted sum; return that of the bias, [O, D]."""
    if coupling is None:
        gradients.add_mean(grad)
    else:
        gradients.add(coupling, grad)
    return grad.sum(-1)


def _through_iterations(gradients: VoteGradients, kept: list[Tensor], grad: Tensor) -> Tensor:
    """Add the gradients of all iterations, last to first; return that of the bias, [O, D].

    `kept` has the sums of the first iteration, then couplings and sums of each later one. The logits
    of iteration r sum the agreements of all iterations before it, so that an agreement's gradient is
    the sum of the gradients of all later logits.
    """
    votes, bias = gradients.votes, torch.zeros_like(grad[..., 0])
    later: Tensor | None = None
    for index in range(len(kept) - 1, 0, -2):
        coupling, before = kept[index - 1], kept[index - 2]
        bias += _through_sum(gradients, coupling, grad)
        products = votes.agreement(grad).mul_(coupling)
        logits = torch.addcmul(products, coupling, products.sum(0), value=-1)
        later = logits if later is None else later.add_(logits)
        scaled = squash_scale(before, dim=1)
        gradients.add(later, before * scaled[0])
        grad = squash_gradient(votes.weighted(later), before, 1, scaled)
    return bias + _through_sum(gradients, None, grad)
