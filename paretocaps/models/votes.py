"""Sums over votes that never form a vote.

A vote u_hat = W u has 16 numbers per pair of a primary and a class capsule: 94 MB at batch 128 in float32,
which every iteration of routing would read. But routing needs only sums of votes, and these can be taken
on the other side of W, where they are matrix products over all capsules at once:

    sum_i c_i (W_i u_i)  =  [W_1 W_2 ...] [c_1 u_1; c_2 u_2; ...]          (weighted sum)
    (W_i u_i) . v        =  u_i . (W_i^T v)                                (agreement)

Shapes: B batch, O output capsules, E and D pose dimensions of input and output capsules, M matrices per
output capsule, R input capsules that share a matrix (I = M R). Poses come first and the batch last,
so that every sum over poses is one over contiguous rows.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from paretocaps.models.exporting import is_exporting
from paretocaps.models.products import in_dtype, product, sum_dtype

CACHED_BYTES = 3 << 19  # a group's temporaries should stay in a CPU's cache
_DEVICE_BYTES = 1 << 30
_LINE = 64  # bytes that a CPU's cache reads at once, and a vector unit computes on at most


class Votes:
    """The votes of input capsules for output capsules, as the sums that routing takes of them.

    Args:
        poses: [E, M, R, B], contiguous; matrix products are computed in its dtype.
        weight: [O, D, E * M], contiguous, the same dtype.
    """

    def __init__(self, poses: Tensor, weight: Tensor) -> None:
        self.poses, self.weight = poses, weight
        self.sums = sum_dtype(poses)
        # Where no matrix is shared, the dimension R would slow broadcasting down.
        self.shared = poses.shape[2] > 1
        self._flat = poses if self.shared else poses.squeeze(2)
        # Columns that do not fill a line leave parts of vectors unused: they are made rows, which are long.
        # An exported graph takes any batch: it has no such cases, and handles all outputs at once.
        exporting = is_exporting()
        few = not exporting and poses.shape[-1] < _LINE // 4 and poses.dtype == torch.float32
        self._narrow = few and poses.device.type == "cpu"
        limit = CACHED_BYTES if poses.device.type == "cpu" else _DEVICE_BYTES
        self._step = max(1, limit // (poses.numel() * poses.element_size())) if not exporting else 0
        self.whole = exporting or self._step >= len(weight)

    def mean(self) -> Tensor:
        """Return sum_i u_hat_i / O, [O, D, B]: the weighted sum where all couplings are equal."""
        outputs, dimensions, _ = self.weight.shape
        pooled = self.pooled()
        total = self.product(self.weight.view(1, outputs * dimensions, -1), pooled.unsqueeze(0))
        return in_dtype(total, self.sums).div_(outputs).view(outputs, dimensions, -1)

    def weighted(self, couplings: Tensor) -> Tensor:
        """Return sum_i c_i u_hat_i, [O, D, B], for couplings [O, M, R, B]."""
        if self.whole:
            return in_dtype(self.product(self.weight, self.scaled(couplings)), self.sums)
        outputs, dimensions, _ = self.weight.shape
        total = self.poses.new_empty(outputs, dimensions, self.poses.shape[-1])
        for group in self.groups():
            total[group] = self.product(self.weight[group], self.scaled(couplings[group]))
        return total.to(self.sums)

    def agreement(self, vectors: Tensor) -> Tensor:
        """Return u_hat_i . v, [O, M, R, B], for vectors v [O, D, B]."""
        if self.whole:
            directions = self.directions(self.weight, in_dtype(vectors, self.poses.dtype))
            return (directions * self._flat).sum(1, dtype=self.sums).view(-1, *self.poses.shape[1:])
        outputs = self.weight.shape[0]
        agreement = self.poses.new_empty(outputs, *self.poses.shape[1:], dtype=self.sums)
        vectors = vectors.to(self.poses.dtype)
        for group in self.groups():
            products = self.directions(self.weight[group], vectors[group])
            products = products * self.poses if self.shared else products.mul_(self._flat)
            out = agreement[group] if self.shared else agreement[group].squeeze(2)
            torch.sum(products, dim=1, dtype=self.sums, out=out)
        return agreement

    def groups(self) -> Iterator[slice]:
        """Yield slices of output capsules, each as large as the limit on temporaries allows."""
        return (slice(start, start + self._step) for start in range(0, self.weight.shape[0], self._step))

    def pooled(self) -> Tensor:
        """Return the poses summed over the capsules that share a matrix, [E * M, B]."""
        pooled = self.poses.sum(2) if self.shared else self._flat
        return pooled.reshape(self.weight.shape[2], -1)

    def spread(self, factors: Tensor) -> Tensor:
        """Return factors [g, M, R, B] in the shape that poses are multiplied by: [g, 1, M, (R,) B]."""
        return in_dtype(factors.reshape(len(factors), 1, *self._flat.shape[1:]), self.poses.dtype)

    def scaled(self, factors: Tensor) -> Tensor:
        """Return poses times factors, summed over the capsules that share a matrix: [g, E * M, B]."""
        scaled = self._flat * self.spread(factors)
        scaled = scaled.sum(3) if self.shared else scaled
        return scaled.view(len(factors), self.weight.shape[2], -1)

    def directions(self, weight: Tensor, vectors: Tensor) -> Tensor:
        """Return W^T v, [g, E, M, (1,) B], for the weight [g, D, E * M] and the vectors of some outputs."""
        narrow = self._narrow
        directions = _by_rows(weight, vectors) if narrow else _products(weight.transpose(1, 2), vectors)
        shape = (*self.poses.shape[:2], *([1] if self.shared else []), self.poses.shape[3])
        return directions.view(-1, *shape)

    def product(self, left: Tensor, right: Tensor) -> Tensor:
        """Return the products of matrices, [g, M, K] x [g, K, N], contiguous."""
        return _by_rows(left.transpose(1, 2), right) if self._narrow else _products(left, right)


class VoteGradients:
    """The gradients of poses and weight, added up over all sums that were taken of the votes.

    Attributes:
        poses: [E, M, R, B].
        weight: [O, D, E * M]; both are undefined until something is added.
    """

    poses: Tensor
    weight: Tensor

    def __init__(self, votes: Votes) -> None:
        self.votes = votes
        self._empty = True

    def add_mean(self, grad: Tensor) -> None:
        """Add what `Votes.mean` hands back, given the gradient of its result, [O, D, B]."""
        votes, weight = self.votes, self.votes.weight.flatten(0, 1)
        grad = in_dtype(grad / len(grad), weight.dtype).flatten(0, 1)
        poses = product(weight.t(), grad).view(*votes.poses.shape[:2], 1, -1).expand_as(votes.poses)
        self._add(poses, product(grad, votes.pooled().t()).view_as(votes.weight))

    def add(self, factors: Tensor, vectors: Tensor) -> None:
        """Add the gradients of sum_i f_i (u_hat_i . v), factors f [O, M, R, B] and vectors v [O, D, B].

        The gradients of both other sums have this form: those of `Votes.weighted` with its couplings as
        factors and the gradient of its result as vectors, those of `Votes.agreement` the other way round.
        """
        votes, vectors = self.votes, in_dtype(vectors, self.votes.poses.dtype)
        if votes.whole:
            products = votes.directions(votes.weight, vectors) * votes.spread(factors)
            poses = products.sum(0, dtype=votes.sums).view_as(votes.poses)
            self._add(poses, _products(vectors, votes.scaled(factors).transpose(1, 2)))
        else:
            self._add(*self._in_groups(factors, vectors))

    def _in_groups(self, factors: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
        votes = self.votes
        sums = torch.zeros_like(votes.poses, dtype=votes.sums)
        weight = torch.empty_like(votes.weight, dtype=votes.sums)
        poses = sums if votes.shared else sums.squeeze(2)
        for group in votes.groups():
            weight[group] = _products(vectors[group], votes.scaled(factors[group]).transpose(1, 2))
            directions = votes.directions(votes.weight[group], vectors[group])
            for direction, factor in zip(directions, votes.spread(factors[group]), strict=True):
                poses += direction * factor
        return sums, weight

    def _add(self, poses: Tensor, weight: Tensor) -> None:
        if self._empty:
            sums = self.votes.sums
            self.poses, self.weight = in_dtype(poses, sums).contiguous(), in_dtype(weight, sums)
        else:
            self.poses, self.weight = self.poses + poses, self.weight + weight
        self._empty = False


def _products(left: Tensor, right: Tensor) -> Tensor:
    """Return the products of matrices, [g, M, K] x [g, K, N]."""
    if left.shape[2] == 1:
        return left * right
    return product(left[0], right[0]).unsqueeze(0) if len(left) == 1 else torch.bmm(left, right)


def _by_rows(left: Tensor, right: Tensor) -> Tensor:
    """Return the products of matrices, [g, K, M]^T x [g, K, N], contiguous, for few columns N."""
    if right.shape[2] == 1:
        return torch.bmm(right.view(len(right), 1, -1), left).view(len(left), -1, 1)
    return torch.bmm(right.transpose(1, 2).contiguous(), left).transpose(1, 2).contiguous()
