"""Capsule layers one after the other: plainly, with skips, or with momentum (MoCapsNet, section 3.1)."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, floor, log, log10
from typing import ClassVar, Self

import torch
from torch import Tensor, nn

from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.models.architecture import Architecture
from paretocaps.models.capsules import at_least_float32
from paretocaps.models.reversible import momentum

_MOST_GROWTH = 1e8  # of float64's rounding errors on the way back: a tenth of float32's are left


class PlainChain(nn.Module):
    """x <- f(x), layer after layer.

    Args:
        layers: each takes and returns states [B, O, D].
    """

    SKIPS: ClassVar[bool] = False
    """Whether what a layer returns is added to what it was given."""

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    @classmethod
    def of(cls, architecture: Architecture, layers: Sequence[nn.Module]) -> Self:
        """Return the chain of `layers` in a network of `architecture`."""
        return cls(layers)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user should know about how the chain is trained."""
        return ()

    def forward(self, x: Tensor) -> Tensor:
        """Return the last state, [B, O, D], for the first; float32 at least."""
        for layer in self.layers:
            x = layer(x)
        return x


class ResidualChain(PlainChain):
    """x <- x + f(x), layer after layer: every layer has a skip, and a block is two layers (Eq. 2).

    The sum comes after routing and squash, and is not squashed again.
    """

    SKIPS = True

    def forward(self, x: Tensor) -> Tensor:
        """Return the last state, [B, O, D], for the first; float32 at least."""
        x = at_least_float32(x)
        for layer in self.layers:
            x = x + layer(x)
        return x


class MomentumChain(ResidualChain):
    """v <- gamma v + (1 - gamma) f(x); x <- x + v, layer after layer (Eqs. 3 and 4, Algorithm 1).

    One v, which starts at 0, runs through the whole chain, and each layer has one skip. The chain is trained
    reversibly (`reversible.momentum`): between forward and backward pass only the last state is kept.
    Rebuilding the states divides v, with its rounding errors, by gamma at every layer. Where the errors
    would become too large, the chain is cut into segments that keep their last states, and `remarks` says
    so. With gamma 0 nothing can be rebuilt, and the chain is the residual one.

    Args:
        layers: as for `PlainChain`.
        gamma: at least 0 and below 1.
        growth: how many times rounding errors may grow (`Routing.growth`).
    """

    def __init__(self, layers: Sequence[nn.Module], gamma: float, growth: float = _MOST_GROWTH) -> None:
        super().__init__(layers)
        self.gamma, self.growth = gamma, growth

    @classmethod
    def of(cls, architecture: Architecture, layers: Sequence[nn.Module]) -> Self:
        """Return the chain with the momentum of `architecture`, and the growth that its routing bears."""
        return cls(layers, architecture.gamma, ROUTINGS.get(architecture.routing).growth)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What to say where the chain is cut into segments, or is not reversible."""
        depth = len(self.layers)
        if self.gamma == 0.0:
            return ("gamma=0 leaves no momentum: the blocks are residual ones, and nothing is rebuilt",)
        pieces = len(list(_segments(depth, self.gamma, self.growth)))
        if pieces == 1:
            return ()
        digits, most = -(depth - 1) * log10(self.gamma), longest_run(self.gamma, self.growth)
        return (
            f"gamma={self.gamma:g} over {depth} layers would rebuild states with 10^{digits:.1f} times the"
            f" errors of rounding: {pieces} segments of up to {most} layers keep one each",
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the last state, [B, O, D], for the first; float32 at least."""
        if self.gamma == 0.0:
            return super().forward(x)
        dtype = at_least_float32(x).dtype
        x = x.double()
        velocity = torch.zeros_like(x)
        layers = list(self.layers)
        for segment in _segments(len(layers), self.gamma, self.growth):
            x, velocity = momentum(layers[segment], self.gamma, x, velocity, dtype)
        return x.to(dtype)


def longest_run(gamma: float, growth: float = _MOST_GROWTH) -> int:
    """Return over how many layers states can be rebuilt with at most `growth` times the errors of rounding.

    Nothing needs the v before the first layer of a run, so that n layers divide by gamma n - 1 times, and
    one layer can be rebuilt whatever gamma is.
    """
    return 1 + floor(log(growth) / -log(gamma))


def _segments(depth: int, gamma: float, growth: float) -> Iterator[slice]:
    """Yield the runs of layers that the chain is cut into: as few as possible, about equally long."""
    pieces = ceil(depth / longest_run(gamma, growth))
    bounds = [depth * piece // pieces for piece in range(pieces + 1)]
    return (slice(start, stop) for start, stop in pairwise(bounds))
