"""Finds the widths of a deep trunk at which its network has lost a given share of its multiply-adds."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from paretocaps.errors import UsageError
from paretocaps.models.architecture import Architecture
from paretocaps.models.complexity import backbone_multiply_adds, multiply_adds

ShareOf = Literal["network", "backbone"]
"""What a pruning ratio is a share of: the multiply-adds of the network, or of its trunk alone."""

_CLOSE = 0.002  # as in `target`
_BISECTIONS = 30
_MOST_UNEVEN = (0.5, 1.5)
_UNIT, _WIDE = 16, 64  # processors multiply whole vectors, so removing single channels saves little time
_GOLDEN = (math.sqrt(5) - 1) / 2


def following(whole: Architecture, widths: Sequence[int]) -> Architecture:
    """Return `whole` with a trunk of these widths, and capsule types and decoder units in proportion.

    Of T types on S maps, T S' // S stay on S' maps, but at least one: floor(S' / 8) where there were
    floor(S / 8) (Efficient CapsNets with pruned backbones, Eq. 6).
    """
    before = whole.trunk_shape.channels
    narrow = whole.model_copy(update={"trunk_channels": tuple(widths)})
    types = max(1, whole.capsule_types * narrow.trunk_shape.channels // before)
    units = tuple(max(1, round(width * types / whole.capsule_types)) for width in whole.decoder_units)
    return narrow.model_copy(update={"capsule_types": types, "decoder_units": units})


def macs_of(architecture: Architecture, share_of: ShareOf) -> int:
    """Return the forward multiply-adds per image that a pruning ratio is a share of."""
    return multiply_adds(architecture) if share_of == "network" else backbone_multiply_adds(architecture)


def candidates(
    whole: Architecture,
    ratio: float,
    count: int = 1,
    seed: int = 0,
    bottleneck: int = 0,
    share_of: ShareOf = "network",
) -> list[Architecture]:
    """Return `count` ways to remove about the share `ratio` of the forward multiply-adds of `whole`.

    The first keeps about the same share of the channels of every convolution. In the others, each group of
    tied convolutions keeps that share times a random number from [0.5, 1.5] (EagleEye, section 3.3, samples
    the ratio of each layer). The share is found by bisection, and single steps then correct the rounding.
    Convolutions with 64 channels or more keep a multiple of 16, because only this makes them faster on a
    processor. At least one channel per convolution and one capsule type stay.

    Args:
        whole: a network with a deep trunk.
        ratio: the share to remove, 0 to 0.95.
        count: how many ways, 1 or more.
        seed: the seed of all ways but the first.
        bottleneck: the number of maps that the primary capsules read, at most those of `whole`; the other
            convolutions are then as wide as the share allows. 0 leaves it to the share.
        share_of: whether it is a share of the whole network's multiply-adds or of its trunk's.

    Raises:
        UsageError: `bottleneck` is more than the maps of `whole`.
    """
    if bottleneck > (maps := whole.trunk_shape.channels):
        raise UsageError(
            f"bottleneck={bottleneck} is too many: the backbone has {maps} maps, give as many or less"
        )
    draw, groups = random.Random(seed), len(whole.trunk_shape.groups)
    given = {_last_group(whole): bottleneck} if bottleneck else {}
    leanings = [[1.0] * groups]
    leanings += [[draw.uniform(*_MOST_UNEVEN) for _ in range(groups)] for _ in range(count - 1)]
    search = _Search(whole, (1.0 - ratio) * macs_of(whole, share_of), given, share_of)
    return [search.refined(search.scaled(leaning)) for leaning in leanings]


def _last_group(whole: Architecture) -> int:
    """Return the number of the group that the trunk's last convolution belongs to."""
    shape = whole.trunk_shape
    last = len(shape.widths) - 1
    return next(number for number, group in enumerate(shape.groups) if last in group)


@dataclass(frozen=True)
class _Search:
    """The search for widths of a trunk's groups.

    Attributes:
        whole: the network with full widths.
        target: how many multiply-adds shall be left.
        given: the widths of groups that may not be changed.
        share_of: which multiply-adds are meant.
    """

    whole: Architecture
    target: float
    given: Mapping[int, int]
    share_of: ShareOf

    def scaled(self, leaning: Sequence[float]) -> list[int]:
        """Return the widths by group, at the scale that comes closest to the target."""
        full = self._full

        def widths(scale: float) -> list[int]:
            # each group rounds at another place, so that not all groups step at once
            places = ((number + 1) * _GOLDEN % 1.0 for number in range(len(full)))
            shares = (min(1.0, scale * lean) for lean in leaning)
            found = [
                min(width, max(1, _unit(width) * math.floor(width * share / _unit(width) + place)))
                for width, share, place in zip(full, shares, places, strict=True)
            ]
            return [self.given.get(group, width) for group, width in enumerate(found)]

        low, high = 0.0, 1.0 / min(leaning)
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            if self._macs(widths(middle)) > self.target:
                high = middle
            else:
                low = middle
        return min((widths(low), widths(high)), key=self._error)

    def refined(self, widths: list[int]) -> Architecture:
        """Return the network with these widths, changed step by step as long as that comes closer."""
        full, close = self._full, _CLOSE * macs_of(self.whole, self.share_of)
        error = self._error(widths)
        while error > close:
            changed = [
                [*widths[:group], widths[group] + step, *widths[group + 1 :]]
                for group in range(len(widths))
                if group not in self.given
                for step in (-_unit(full[group]), _unit(full[group]))
                if 1 <= widths[group] + step <= full[group]
            ]
            best = min(changed, key=self._error)
            if self._error(best) >= error:
                break
            widths, error = best, self._error(best)
        return self._network(widths)

    @property
    def _full(self) -> list[int]:
        shape = self.whole.trunk_shape
        return [shape.widths[group[0]] for group in shape.groups]

    def _network(self, widths: Sequence[int]) -> Architecture:
        return following(self.whole, _by_convolution(self.whole, widths))

    def _macs(self, widths: Sequence[int]) -> int:
        return macs_of(self._network(widths), self.share_of)

    def _error(self, widths: Sequence[int]) -> float:
        return abs(self._macs(widths) - self.target)


def _unit(width: int) -> int:
    """Return how many channels are removed at once from a convolution with `width` channels."""
    return _UNIT if width >= _WIDE else 1


def _by_convolution(whole: Architecture, widths: Sequence[int]) -> list[int]:
    shape = whole.trunk_shape
    found = list(shape.widths)
    for group, width in zip(shape.groups, widths, strict=True):
        for number in group:
            found[number] = width
    return found
