"""Gaussians fitted to the votes of pose matrices, with a backward pass that forms the votes again.

A vote has 16 numbers per pair of capsules: 302 MB for 1152 inputs, 32 outputs and 128 samples in float32.
Here votes exist for a few output capsules at a time.

Shapes: M matrices per output capsule, R input capsules that share one, O output capsules, B batch.
"""

from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from paretocaps.domain.routings.em import POSE
from paretocaps.models.capsules import at_least_float32
from paretocaps.models.exporting import is_exporting

VARIANCE_FLOOR = 0.1
_SMALLEST_MASS = 1e-12
_GROUP_ON_CPU = 1 << 21  # numbers of votes at a time: a group's temporaries should stay in a CPU's cache
_GROUP_ON_DEVICE = 1 << 28


class Operands(NamedTuple):
    """The values that all iterations of a layer read.

    Attributes:
        poses: [M, 4 (inner), R, 4 (row), B], in the dtype that products are computed in.
        matrices: [M, O, 4 (column), 4 (inner)], the same dtype.
        present: [M, 1, R, B], the input capsules' activations.
    """

    poses: Tensor
    matrices: Tensor
    present: Tensor


class Gaussians(NamedTuple):
    """One Gaussian per output capsule, with independent dimensions.

    Attributes:
        means: [O, 4 (column), 4 (row), B].
        logs: sums over dimensions of log sigma, [O, B].
        mass: sums over input capsules of couplings times activations, [O, B].
        densities: the votes' log densities without their constant, [M, O, R, B]; [0] where they
            are not wanted.
    """

    means: Tensor
    logs: Tensor
    mass: Tensor
    densities: Tensor


def fit(operands: Operands, couplings: Tensor, *, densities: bool) -> Gaussians:
    """Return the Gaussians of votes weighed by couplings and activations (Hinton et al. 2018, M-step).

    Every variance is that of the votes plus `VARIANCE_FLOOR`. Where all weights are 0, the means are 0.

    Args:
        operands: poses, matrices and activations.
        couplings: [M, O, R, B].
        densities: whether to return the votes' densities as well.
    """
    poses, matrices, present = operands
    if is_exporting():
        return _fit_plainly(operands, couplings, densities)
    limit = _GROUP_ON_CPU if poses.device.type == "cpu" else _GROUP_ON_DEVICE
    size = max(1, limit // (poses.numel() * POSE))
    parts = zip(torch.split(matrices, size, 1), torch.split(couplings, size, 1), strict=True)
    results = [
        cast(tuple[Tensor, ...], _Fit.apply(poses, *part, present, densities))  # type: ignore[no-untyped-call]
        for part in parts
    ]
    means, logs, mass, *found = zip(*results, strict=True)
    joined = torch.cat(found[0], dim=1) if found else present.new_empty(0)
    return Gaussians(torch.cat(means), torch.cat(logs), torch.cat(mass), joined)


def _fit_plainly(operands: Operands, couplings: Tensor, densities: bool) -> Gaussians:
    """As `fit`, for all output capsules at once and with standard operators only."""
    means, variances, logs, mass, squares = _moments(
        operands.poses, operands.matrices, couplings, operands.present
    )
    found = _densities(squares, variances, logs) if densities else means.new_empty(0)
    return Gaussians(means, logs, mass, found)


class _Fit(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, poses: Tensor, matrices: Tensor, couplings: Tensor, present: Tensor, densities: bool
    ) -> tuple[Tensor, ...]:
        """As `fit`, for all output capsules at once."""
        with torch.autocast(poses.device.type, enabled=False):
            means, variances, logs, mass, squares = _moments(poses, matrices, couplings, present)
        ctx.save_for_backward(poses, matrices, couplings, present, means, variances)
        if not densities:
            return means, logs, mass
        return means, logs, mass, _densities(squares, variances, logs)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, means: Tensor, logs: Tensor, mass: Tensor, *density: Tensor) -> tuple[Any, ...]:
        """Gradients of poses, matrices, couplings and activations, given those of the results."""
        poses, matrices, couplings, present, centers, variances = ctx.saved_tensors
        with torch.autocast(poses.device.type, enabled=False):
            apart = _votes(poses, matrices).sub_(centers.unsqueeze(2))
            share, total = _share(couplings, present)
            votes, shares = _gradients(apart, centers, variances, share, (means, logs, *density))
            shares = shares.sub_((share[:, :, 0, :, 0] * shares).sum((0, 2)).unsqueeze(1))
            weights = shares.div_((total + _SMALLEST_MASS).unsqueeze(1)).add_(mass.unsqueeze(1))
            votes = votes.to(poses.dtype).view(len(poses), -1, poses[0, 0].numel())
            return (
                torch.bmm(matrices.flatten(1, 2).transpose(1, 2), votes).view_as(poses),
                torch.bmm(votes, poses.flatten(2).transpose(1, 2)).view_as(matrices),
                weights * present if ctx.needs_input_grad[2] else None,
                (weights * couplings).sum(1, keepdim=True),
                None,
            )


def _moments(
    poses: Tensor, matrices: Tensor, couplings: Tensor, present: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Means and variances, [O, 4, 4, B], logs and mass, [O, B], and the votes' squared distances."""
    votes = _votes(poses, matrices)
    share, mass = _share(couplings, present)
    means = (votes * share).sum((0, 3))
    squares = votes.sub_(means.unsqueeze(2)).square_()
    variances = (squares * share).sum((0, 3)).add_(VARIANCE_FLOOR)
    return means, variances, 0.5 * variances.log().sum((1, 2)), mass, squares


def _densities(squares: Tensor, variances: Tensor, logs: Tensor) -> Tensor:
    """Log densities without their constant, [M, O, R, B]; `squares` is overwritten."""
    distances = squares.mul_(variances.reciprocal().unsqueeze(2)).sum((2, 4))
    return distances.mul_(-0.5).sub_(logs.unsqueeze(1))


def _votes(poses: Tensor, matrices: Tensor) -> Tensor:
    """[M, O, 4 (column), R, 4 (row), B], in float32 at least."""
    products = torch.bmm(matrices.flatten(1, 2), poses.flatten(2))
    return at_least_float32(products).view(*matrices.shape[:3], *poses.shape[2:])


def _share(couplings: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
    """Weights over their sum, [M, O, 1, R, 1, B], and that sum, [O, B]."""
    weights = couplings * present
    mass = weights.sum((0, 2))
    return weights.div_((mass + _SMALLEST_MASS).unsqueeze(1))[:, :, None, :, None], mass


def _gradients(
    apart: Tensor, centers: Tensor, variances: Tensor, share: Tensor, grads: tuple[Tensor, ...]
) -> tuple[Tensor, Tensor]:
    """Gradients of the votes, [M, O, 4, R, 4, B], and of the shares, [M, O, R, B].

    `apart` holds the votes minus their means, and is overwritten. Since shares sum to 1, a variance does
    not change with the mean that it is taken about, and the shares' gradients count up to a constant only.
    """
    mean, logs, *density = grads
    log = logs[:, None, None]
    squares = apart.square()
    pull = None
    if density:
        given = density[0][:, :, None, :, None]
        log = log - density[0].sum((0, 2))[:, None, None]
        precision = variances.reciprocal()
        pull = given * precision.unsqueeze(2)
        mean = mean + (apart * given).sum((0, 3)) * precision
        variance = 0.5 * (log + (squares * given).sum((0, 3)) * precision) * precision
    else:
        variance = 0.5 * log / variances
    shares = squares.mul_(variance.unsqueeze(2)).addcmul_(apart, mean.unsqueeze(2)).sum((2, 4))
    factor = share * (2 * variance).unsqueeze(2)
    votes = apart.mul_(factor if pull is None else factor.sub_(pull)).addcmul_(
        share.expand_as(apart), mean.unsqueeze(2).expand_as(apart)
    )
    return votes, shares
