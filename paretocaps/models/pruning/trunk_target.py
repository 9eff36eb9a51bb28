"""How narrow a deep trunk must become for a share of its network's multiply-adds to be gone."""

import math
import random
from collections.abc import Sequence

from paretocaps.models.architecture import Architecture
from paretocaps.models.complexity import multiply_adds

_CLOSE = 0.002  # as `target` has it
_BISECTIONS = 30
_MOST_UNEVEN = (0.5, 1.5)
_UNIT, _WIDE = 16, 64  # processors multiply whole vectors: odd channels would save little time
_GOLDEN = (math.sqrt(5) - 1) / 2


def following(whole: Architecture, widths: Sequence[int]) -> Architecture:
    """Return `whole` with a trunk of these widths, its capsule types and decoder units in step with the last.

    Of T types on S maps T S' // S stay on S' maps, at least one: floor(S' / 8) where there were floor(S / 8)
    (Efficient CapsNets with pruned backbones, Eq. 6).
    """
    before = whole.trunk_shape.channels
    narrow = whole.model_copy(update={"trunk_channels": tuple(widths)})
    types = max(1, whole.capsule_types * narrow.trunk_shape.channels // before)
    units = tuple(max(1, round(width * types / whole.capsule_types)) for width in whole.decoder_units)
    return narrow.model_copy(update={"capsule_types": types, "decoder_units": units})


def candidates(whole: Architecture, ratio: float, count: int = 1, seed: int = 0) -> list[Architecture]:
    """Return `count` ways to remove about the share `ratio` of the forward multiply-adds of `whole`.

    The first keeps about the same share of the channels of every convolution; in the others each group of
    tied convolutions keeps that share times a number drawn from [0.5, 1.5] (EagleEye, section 3.3, samples
    the ratio of each layer). The share is found by bisection; what rounding leaves is made up for step by
    step. Convolutions with 64 channels and more keep a multiple of 16, which is what makes pruned ones
    faster on a processor. At least one channel and one capsule type stay.

    Args:
        whole: a network with a deep trunk.
        ratio: between 0 and 0.95.
        count: 1 or more.
        seed: decides all but the first.
    """
    draw, groups = random.Random(seed), len(whole.trunk_shape.groups)
    leanings = [[1.0] * groups]
    leanings += [[draw.uniform(*_MOST_UNEVEN) for _ in range(groups)] for _ in range(count - 1)]
    target = (1.0 - ratio) * multiply_adds(whole)
    return [_refined(whole, _scaled(whole, leaning, target), target) for leaning in leanings]


def _scaled(whole: Architecture, leaning: Sequence[float], target: float) -> list[int]:
    """Widths by group, at the scale that comes nearest to `target` multiply-adds."""
    shape = whole.trunk_shape
    full = [shape.widths[group[0]] for group in shape.groups]

    def widths(scale: float) -> list[int]:
        # rounded at another place each, so that not all groups step at once
        places = ((number + 1) * _GOLDEN % 1.0 for number in range(len(full)))
        shares = (min(1.0, scale * lean) for lean in leaning)
        return [
            min(width, max(1, _unit(width) * math.floor(width * share / _unit(width) + place)))
            for width, share, place in zip(full, shares, places, strict=True)
        ]

    low, high = 0.0, 1.0 / min(leaning)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if _macs(whole, widths(middle)) > target:
            high = middle
        else:
            low = middle
    return min((widths(low), widths(high)), key=lambda found: abs(_macs(whole, found) - target))


def _refined(whole: Architecture, widths: list[int], target: float) -> Architecture:
    """Widths changed one step at a time for as long as that comes nearer to `target`."""
    shape, close = whole.trunk_shape, _CLOSE * multiply_adds(whole)
    full = [shape.widths[group[0]] for group in shape.groups]
    error = abs(_macs(whole, widths) - target)
    while error > close:
        changed = [
            [*widths[:group], widths[group] + step, *widths[group + 1 :]]
            for group in range(len(widths))
            for step in (-_unit(full[group]), _unit(full[group]))
            if 1 <= widths[group] + step <= full[group]
        ]
        best = min(changed, key=lambda found: abs(_macs(whole, found) - target))
        if abs(_macs(whole, best) - target) >= error:
            break
        widths, error = best, abs(_macs(whole, best) - target)
    return following(whole, _by_convolution(whole, widths))


def _unit(width: int) -> int:
    """Channels that go together of a convolution with so many."""
    return _UNIT if width >= _WIDE else 1


def _macs(whole: Architecture, widths: Sequence[int]) -> int:
    return multiply_adds(following(whole, _by_convolution(whole, widths)))


def _by_convolution(whole: Architecture, widths: Sequence[int]) -> list[int]:
    shape = whole.trunk_shape
    found = list(shape.widths)
    for group, width in zip(shape.groups, widths, strict=True):
        for number in group:
            found[number] = width
    return found
