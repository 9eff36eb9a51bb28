"""Finds the widths at which a network has lost a given share of its multiply-adds."""

from collections.abc import Iterator
from functools import lru_cache
from math import sqrt

from paretocaps.domain.choices import Choices
from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.families.family import PLAIN
from paretocaps.errors import UsageError
from paretocaps.models.architecture import Architecture
from paretocaps.models.complexity import multiply_adds
from paretocaps.models.pruning.trunk_target import ShareOf, candidates, macs_of

LARGEST_RATIO = 0.95
_FEWEST_CHANNELS = 4
_CLOSE = 0.002  # ratios this close count as equal; among them the most even shape is chosen


def check_prunable(architecture: Architecture) -> None:
    """Refuse to prune the network of a family that cannot be pruned.

    Raises:
        UsageError: the family cannot be pruned.
    """
    if FAMILIES.get(architecture.family).prunes == "nothing":
        raise UsageError(f"family={architecture.family} has no capsules to prune: pruning_ratio=0")


def removed_share(before: Architecture, after: Architecture, share_of: ShareOf = "network") -> float:
    """Return the share of the forward multiply-adds of `before`, or of its trunk, that `after` lacks."""
    return 1.0 - macs_of(after, share_of) / macs_of(before, share_of)


def pruned(
    architecture: Architecture, ratio: float, bottleneck: int = 0, share_of: ShareOf = "network"
) -> Architecture:
    """Return `architecture` with about the share `ratio` of its forward multiply-adds removed.

    Whole capsule types, conv1 channels and decoder units are removed, each by about the same share, since
    the cost is nearly the product of types and channels. Among the shapes within 0.2 points of `ratio` the
    most even one is chosen; where there is none, the nearest one is. At least one type, four channels (or
    all, if there are fewer) and one unit per layer stay.

    In a deep trunk every convolution keeps about the same share of its channels (see `trunk_target`); a
    training chooses the channels to remove by its weights (`structured`). With `bottleneck` its last one
    keeps that many. Only there may `ratio` be a share of the trunk's multiply-adds alone.

    Raises:
        UsageError: `ratio` is not between 0 and 0.95, or the family cannot be pruned.
    """
    if not 0.0 <= ratio <= LARGEST_RATIO:
        raise UsageError(f"pruning_ratio={ratio:g} is not a share between 0 and {LARGEST_RATIO:g}")
    if ratio == 0.0:
        return architecture
    check_prunable(architecture)
    if architecture.trunk != PLAIN:
        return candidates(architecture, ratio, bottleneck=bottleneck, share_of=share_of)[0]

    def _rank(candidate: Architecture) -> tuple[float, float]:
        error = abs(removed_share(architecture, candidate) - ratio)
        return (0.0 if error <= _CLOSE else error), _unevenness(architecture, candidate)

    return min(_candidates(architecture, ratio), key=_rank)


def pruned_by(whole: Architecture, choices: Choices) -> Architecture:
    """Return `whole` as the choices prune it: by their ratio, their bottleneck, and what it is a share of.

    Raises:
        UsageError: as `pruned`.
    """
    return _pruned(whole, choices.pruning_ratio, choices.bottleneck, choices.pruning_share_of)


_pruned = lru_cache(maxsize=1024)(pruned)


def _candidates(whole: Architecture, ratio: float) -> Iterator[Architecture]:
    target = (1.0 - ratio) * multiply_adds(whole)
    for types in range(1, whole.capsule_types + 1):
        low, high = min(_FEWEST_CHANNELS, whole.conv_channels), whole.conv_channels
        while high - low > 1:
            middle = (low + high) // 2
            if multiply_adds(_shrunk(whole, types, middle)) > target:
                high = middle
            else:
                low = middle
        yield _shrunk(whole, types, low)
        yield _shrunk(whole, types, high)


def _shrunk(whole: Architecture, types: int, channels: int) -> Architecture:
    share = sqrt(types / whole.capsule_types * channels / whole.conv_channels)
    units = tuple(max(1, round(width * share)) for width in whole.decoder_units)
    return whole.model_copy(
        update={"capsule_types": types, "conv_channels": channels, "decoder_units": units}
    )


def _unevenness(whole: Architecture, part: Architecture) -> float:
    return abs(part.capsule_types / whole.capsule_types - part.conv_channels / whole.conv_channels)
