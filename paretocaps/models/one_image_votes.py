"""Votes for one image, which take less memory than their matrices and are formed for that reason.

`votes.Votes` reads all matrices for each sum over votes. Those of one image, whose capsules share no matrix,
are D numbers for every D x E numbers of the matrices: formed once, they serve all iterations of a routing.

Shapes as in `votes.py`: O output capsules, E and D pose dimensions of input and output capsules, M matrices
per output capsule, here as many as input capsules.
"""

import torch
from torch import Tensor

from paretocaps.models.exporting import is_exporting
from paretocaps.models.votes import CACHED_BYTES, Votes


def are_formed(votes: Votes) -> bool:
    """Return whether votes are of one image on a CPU, in full precision, and no capsules share a matrix."""
    one = votes.poses.shape[2:] == (1, 1) and not is_exporting()
    return one and votes.poses.device.type == "cpu" and votes.poses.dtype == votes.sums


class OneImageVotes:
    """The same sums as `Votes` takes, of the votes of one image, in another order of additions.

    Args:
        votes: votes for which `are_formed` holds.
    """

    def __init__(self, votes: Votes) -> None:
        inputs = votes.poses.shape[0]
        poses = votes.poses.view(inputs, -1)
        matrices = votes.weight.view(*votes.weight.shape[:2], inputs, -1)
        if votes.weight.nbytes <= CACHED_BYTES:
            self._votes = (matrices * poses).sum(2)
            return
        self._votes = matrices[:, :, 0] * poses[0]  # [O, D, M]
        for number in range(1, inputs):
            self._votes.addcmul_(matrices[:, :, number], poses[number])

    def mean(self) -> Tensor:
        """Return sum_i u_hat_i / O, [O, D, 1]."""
        return self._votes.sum(2, keepdim=True).div_(len(self._votes))

    def weighted(self, couplings: Tensor) -> Tensor:
        """Return sum_i c_i u_hat_i, [O, D, 1], for couplings [O, M, 1, 1]."""
        return torch.bmm(self._votes, couplings.squeeze(3))

    def agreement(self, vectors: Tensor) -> Tensor:
        """Return u_hat_i . v, [O, M, 1, 1], for vectors v [O, D, 1]."""
        return torch.bmm(vectors.transpose(1, 2), self._votes).view(len(vectors), -1, 1, 1)
