"""Scaled-distance agreement (Peer et al. 2018) as a capsule layer.

How the paper is read: a vote that is longer than the capsule that casts it is shortened to its length. The
logits of an iteration replace those of the one before, and are not added to them:

    b_ij = t_i d_ij,    d_ij = |u_hat_ij - v_j|,    t_i = (log(p (J - 1)) - log(1 - p)) / (d_p - d_o),

with p = 0.9, J the number of output capsules, d_o the mean over the J output capsules of the distances of
*this input capsule in this sample*, and d_p = d_o / 2. So a capsule with one output at half the mean
distance and all others at the mean is coupled to that one with p: softmax turns t (d_p - d_o) into the
log-odds in the formula's numerator. t is negative, so that nearer votes couple more. As d_p - d_o = -d_o / 2,
the logits are -2 log(p (J - 1) / (1 - p)) d_ij / d_o, where d_ij / d_o is at most J. Only d_o = 0 needs care:
all distances are then 0, and so are the logits. v_j is squashed as in Sabour et al. 2017, Eq. 1.
"""

import math

import torch
from torch import Tensor

from paretocaps.models import vote_sums
from paretocaps.models.capsules import lengths, squash
from paretocaps.models.convolution import compute_dtype
from paretocaps.models.recompute import recompute
from paretocaps.models.routings.base import VectorLayer

NEAR = 0.9
"""p, the coupling to an output capsule at half the mean distance."""
_TINY = 1e-30
_SHORTEST = 1e-20  # squared: gradients of clipping or comparing shorter vectors would overflow in float32


class ScaledDistance(VectorLayer):
    """A layer whose couplings fall with the distance of vote and output capsule, over the mean distance."""

    def forward(self, capsules: Tensor) -> Tensor:
        """Return output capsules [B, O, D], squashed, for input capsules [B, I, E]."""
        votes = _ClippedVotes(capsules, self.weight, compute_dtype(self.weight))
        if self.gradient == "all":
            couplings = self._iterate(votes)
        else:
            with torch.no_grad():
                couplings = self._iterate(votes)
        return self._output(votes, couplings).permute(2, 0, 1)

    @torch.no_grad()
    def couplings(self, capsules: Tensor) -> Tensor:
        """Return the couplings of the last iteration, [B, I, O], without gradient."""
        votes = _ClippedVotes(capsules, self.weight, compute_dtype(self.weight))
        return self._iterate(votes).flatten(1, 2).permute(2, 1, 0)

    def _iterate(self, votes: "_ClippedVotes") -> Tensor:
        """Couplings of the last iteration, [O, M, R, B]."""
        couplings = votes.clip.new_full((), 1 / self.shape.outputs).expand_as(votes.clip)
        for _ in range(self.iterations - 1):
            couplings = votes.couplings(self._output(votes, couplings))
        return couplings

    def _output(self, votes: "_ClippedVotes", couplings: Tensor) -> Tensor:
        """The output capsules, [O, D, B]."""
        return squash(votes.weighted(couplings) + self.added().unsqueeze(-1), dim=1)


def scaled_distances(distances: Tensor) -> Tensor:
    """Return the logits b_ij = t_i d_ij for distances d_ij, [O, ...]; means are over O."""
    others = max(len(distances) - 1, 1)  # one output capsule has all the couplings, whatever its logit
    odds = math.log(NEAR * others) - math.log(1 - NEAR)
    return distances * (odds / (-0.5 * distances.mean(0).clamp_min(_TINY)))


class _ClippedVotes:
    """Votes that are no longer than the capsules that cast them, and are never formed.

    A clipped vote is a vote times a factor, `clip` [O, M, R, B], which sums over votes take as one more
    factor, and |u_hat - v|^2 = |u_hat|^2 - 2 u_hat . v + |v|^2. `squares` are the clipped
    votes' squared lengths.
    """

    def __init__(self, capsules: Tensor, weight: Tensor, dtype: torch.dtype) -> None:
        outputs, dimensions, inputs, matrices = weight.shape
        grouped = capsules.permute(2, 1, 0).contiguous().view(inputs, matrices, -1, capsules.shape[0])
        self.poses = grouped.to(dtype)
        self.weight = weight.to(dtype).contiguous().view(outputs, dimensions, inputs * matrices)
        self.clip, self.squares = recompute(_clip, self.poses, self.weight)

    def weighted(self, couplings: Tensor) -> Tensor:
        """Sums of votes times couplings [O, M, R, B]: [O, D, B]."""
        return vote_sums.weighted(self.poses, self.weight, couplings, self.clip)

    def couplings(self, outputs: Tensor) -> Tensor:
        """Couplings [O, M, R, B] that follow from output capsules [O, D, B]."""
        return recompute(_couplings, self.poses, self.weight, self.clip, self.squares, outputs)[0]


def _clip(poses: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    squares = vote_sums.squares(poses, weight)
    length = lengths(poses, dim=0)
    longer = squares > (length * length).clamp_min(_SHORTEST)
    ratio = length * torch.where(longer, squares, 1.0).rsqrt()
    return torch.where(longer, ratio, 1.0), torch.where(longer, length * length, squares)


def _couplings(
    poses: Tensor, weight: Tensor, clip: Tensor, squares: Tensor, outputs: Tensor
) -> tuple[Tensor]:
    agreement = vote_sums.agreement(poses, weight, outputs) * clip
    own = (outputs * outputs).sum(1)[:, None, None]
    return (scaled_distances(_root(squares + own - 2 * agreement)).softmax(0),)


def _root(squares: Tensor) -> Tensor:
    """Square roots; those of next to nothing are 0, and so is their gradient."""
    apart = squares > _SHORTEST
    return torch.where(apart, squares, 1.0).sqrt() * apart
