"""Prunes the learner's network."""

from collections.abc import Callable
from itertools import islice
from typing import cast

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.domain.choices import Choices
from paretocaps.domain.families.family import PLAIN
from paretocaps.models.architecture import Architecture
from paretocaps.models.families.capsnet import CapsNet
from paretocaps.models.pruning.eagle_eye import best_candidate
from paretocaps.models.pruning.prune import cut, hand_over
from paretocaps.models.pruning.saliency import measure
from paretocaps.models.pruning.target import check_prunable, pruned, removed_share
from paretocaps.training.learner import Learner
from paretocaps.training.precision import autocast, resolve_precision

PRUNING_IMAGES = 1000
"""How many validation images choose the best of several pruned deep trunks."""
PRUNED_SHARE = "pruned_share"
"""The measured quantity: the share of the forward multiply-adds that was removed."""
_FAR = 0.02
_SALIENCY_BATCH = 128
_SALIENCY_BATCHES = 8


def prune_learner(
    learner: Learner, choices: Choices, seed: int, images: DeviceLoader, judge: Callable[[CapsNet], float]
) -> None:
    """Rebuild the learner's network smaller by `pruning_ratio` of its forward multiply-adds.

    Saliency is measured on up to 1,024 training images. The parts that stay keep their weights and optimiser
    state. For a deep trunk the best of several candidates is taken (see `eagle_eye`). None of this is an
    optimiser step, so the clock does not count it.

    Args:
        learner: the learner whose network is replaced.
        choices: pruning_ratio, bottleneck, saliency and precision are read from them.
        seed: the seed of all random choices.
        images: the training images.
        judge: returns the worth of a candidate.

    Raises:
        UsageError: the family cannot be pruned.
    """
    check_prunable(learner.network.architecture)
    network = cast("CapsNet", learner.network)  # as all that can be pruned (`Family.prunes`)
    # shuffled, because stored images may be sorted by class, and the first thousand may be of one
    batches = islice(images.batches(_SALIENCY_BATCH, epoch=0), _SALIENCY_BATCHES)
    seen, ratio = [batch for batch, _ in batches], choices.pruning_ratio
    with autocast(learner.device, resolve_precision(choices.precision, learner.device)):
        saliencies = learner.ranks.from_first(lambda: measure(network, seen, choices.saliency, seed))
        if network.architecture.trunk == PLAIN:
            smaller = cut(network, pruned(network.architecture, ratio), saliencies)
        else:
            smaller = best_candidate(network, ratio, saliencies, seen, judge, seed, choices.bottleneck)
    hand_over(learner.optimizer, smaller)
    learner.replace(smaller.network, learner.optimizer)


def achieved(choices: Choices, whole: Architecture, network: Architecture) -> dict[str, float]:
    """Return the share of `whole`'s multiply-adds that `network` saves, by name; {} unless choices prune."""
    return {} if choices.pruning_ratio == 0.0 else {PRUNED_SHARE: removed_share(whole, network)}


def shortfall(choices: Choices, whole: Architecture, network: Architecture) -> tuple[str, ...]:
    """Return a remark where the share removed differs from `pruning_ratio` by over 2 points.

    Small networks have few sizes to choose from.
    """
    share = removed_share(whole, network)
    if choices.pruning_ratio == 0.0 or abs(share - choices.pruning_ratio) <= _FAR:
        return ()
    if network == whole:
        return ("the training ended before it pruned: nothing was removed",)
    asked = f"pruning_ratio={choices.pruning_ratio:g}"
    return (
        f"{share:.3g} of the multiply-adds were removed, not {asked}: the network has no size nearer to it",
    )
