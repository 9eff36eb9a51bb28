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

from paretocaps.models.products import product, sum_dtype

_CACHED_BYTES = 3 << 19  # a group's temporaries should stay in a CPU's cache
_DEVICE_BYTES = 1 << 30
_NARROW = 16


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
        # Products with a few columns are up to 15 times slower in float32 than the same with a few rows.
        # An exported graph takes any batch: it has no such cases, and handles all outputs at once.
        self._exporting = torch.compiler.is_exporting()
        few = not self._exporting and poses.shape[-1] < _NARROW and poses.dtype == torch.float32
        self._narrow = few and poses.device.type == "cpu"

    def mean(self) -> Tensor:
        """Return sum_i u_hat_i / O, [O, D, B]: the weighted sum where all couplings are equal."""
        outputs, dimensions, _ = self.weight.shape
        pooled = self.pooled()
        total = self.product(self.weight.view(1, outputs * dimensions, -1), pooled.unsqueeze(0))
        return total.to(self.sums).div_(outputs).view(outputs, dimensions, -1)

    def weighted(self, couplings: Tensor) -> Tensor:
        """Return sum_i c_i u_hat_i, [O, D, B], for couplings [O, M, R, B]."""
        if self._exporting:
            return self.product(self.weight, self.scaled(couplings)).to(self.sums)
        outputs, dimensions, _ = self.weight.shape
        total = self.poses.new_empty(outputs, dimensions, self.poses.shape[-1])
        for group in self.groups():
            total[group] = self.product(self.weight[group], self.scaled(couplings[group]))
        return total.to(self.sums)

    def agreement(self, vectors: Tensor) -> Tensor:
        """Return u_hat_i . v, [O, M, R, B], for vectors v [O, D, B]."""
        if self._exporting:
            directions = self.directions(slice(None), vectors.to(self.poses.dtype))
            return (directions * self._flat).sum(1, dtype=self.sums).view(-1, *self.poses.shape[1:])
        outputs = self.weight.shape[0]
        agreement = self.poses.new_empty(outputs, *self.poses.shape[1:], dtype=self.sums)
        vectors = vectors.to(self.poses.dtype)
        for group in self.groups():
            products = self.directions(group, vectors)
            products = products * self.poses if self.shared else products.mul_(self._flat)
            out = agreement[group] if self.shared else agreement[group].squeeze(2)
            torch.sum(products, dim=1, dtype=self.sums, out=out)
        return agreement

    def groups(self) -> Iterator[slice]:
        """Yield slices of output capsules, each as large as the limit on temporaries allows."""
        limit = _CACHED_BYTES if self.poses.device.type == "cpu" else _DEVICE_BYTES
        step = max(1, limit // (self.poses.numel() * self.poses.element_size()))
        return (slice(start, start + step) for start in range(0, self.weight.shape[0], step))

    def pooled(self) -> Tensor:
        """Return the poses summed over the capsules that share a matrix, [E * M, B]."""
        pooled = self.poses.sum(2) if self.shared else self._flat
        return pooled.reshape(self.weight.shape[2], -1)

    def spread(self, factors: Tensor) -> Tensor:
        """Return factors [g, M, R, B] in the shape that poses are multiplied by: [g, 1, M, (R,) B]."""
        factors = factors if self.shared else factors.squeeze(2)
        return factors.unsqueeze(1).to(self.poses.dtype)

    def scaled(self, factors: Tensor) -> Tensor:
        """Return poses times factors, summed over the capsules that share a matrix: [g, E * M, B]."""
        scaled = self._flat * self.spread(factors)
        scaled = scaled.sum(3) if self.shared else scaled
        return scaled.view(len(factors), self.weight.shape[2], -1)

    def directions(self, group: slice, vectors: Tensor) -> Tensor:
        """Return W^T v for the outputs of a group: [g, E, M, (1,) B]."""
        directions = self.product(self.weight[group].transpose(1, 2), vectors[group])
        shape = (*self.poses.shape[:2], *([1] if self.shared else []), self.poses.shape[3])
        return directions.view(-1, *shape)

    def product(self, left: Tensor, right: Tensor) -> Tensor:
        """Return the products of matrices, [g, M, K] x [g, K, N], contiguous."""
        if self._narrow:
            rows = right.transpose(1, 2).contiguous()
            return torch.bmm(rows, left.transpose(1, 2)).transpose(1, 2).contiguous()
        return _products(left, right)


class VoteGradients:
    """The gradients of poses and weight, added up over all sums that were taken of the votes.

    Attributes:
        poses: [E, M, R, B].
        weight: [O, D, E * M]; it is undefined until something is added.
    """

    def __init__(self, votes: Votes) -> None:
        self.votes = votes
        self.poses = torch.zeros_like(votes.poses, dtype=votes.sums)
        self.weight = torch.empty_like(votes.weight, dtype=votes.sums)
        self._empty = True

    def add_mean(self, grad: Tensor) -> None:
        """Add what `Votes.mean` hands back, given the gradient of its result, [O, D, B]."""
        weight = self.votes.weight.flatten(0, 1)
        grad = (grad / len(grad)).to(weight.dtype).flatten(0, 1)
        self._add_weight(slice(None), product(grad, self.votes.pooled().t()).view_as(self.weight))
        self._empty = False
        self.poses += product(weight.t(), grad).view(*self.poses.shape[:2], 1, -1)

    def add(self, factors: Tensor, vectors: Tensor) -> None:
        """Add the gradients of sum_i f_i (u_hat_i . v), factors f [O, M, R, B] and vectors v [O, D, B].

        The gradients of both other sums have this form: those of `Votes.weighted` with its couplings as
        factors and the gradient of its result as vectors, those of `Votes.agreement` the other way round.
        """
        votes, vectors = self.votes, vectors.to(self.votes.poses.dtype)
        poses = self.poses if votes.shared else self.poses.squeeze(2)
        for group in votes.groups():
            scaled = votes.scaled(factors[group])
            self._add_weight(group, _products(vectors[group], scaled.transpose(1, 2)))
            directions = votes.directions(group, vectors)
            spread = votes.spread(factors[group])
            if poses.device.type != "cpu":  # there launches cost more than a temporary
                poses += (directions * spread).sum(0, dtype=poses.dtype)
                continue
            for direction, factor in zip(directions, spread, strict=True):
                poses += direction * factor
        self._empty = False

    def _add_weight(self, group: slice, products: Tensor) -> None:
        if self._empty:
            self.weight[group] = products
        else:
            self.weight[group] += products


def _products(left: Tensor, right: Tensor) -> Tensor:
    return product(left[0], right[0]).unsqueeze(0) if len(left) == 1 else torch.bmm(left, right)
