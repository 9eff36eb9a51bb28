"""EagleEye (Li et al. 2020): prunes a deep trunk in several ways and takes the best network."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from paretocaps.models.architecture import Architecture
from paretocaps.models.families.capsnet import CapsNet
from paretocaps.models.pruning.prune import Smaller, cut
from paretocaps.models.pruning.saliency import Saliencies
from paretocaps.models.pruning.structured import channel_groups
from paretocaps.models.pruning.target import removed_share
from paretocaps.models.pruning.trunk_target import candidates

CANDIDATES = 8
_TOLERANCE = 0.02


def best_candidate(
    network: CapsNet,
    ratio: float,
    saliencies: Saliencies,
    images: Sequence[Tensor],
    judge: Callable[[CapsNet], float],
    seed: int,
    bottleneck: int = 0,
) -> Smaller:
    """Return the best of 8 networks with about the share `ratio` of the multiply-adds removed.

    Channels are chosen by the L1 norms of filters, and capsule types by `saliencies`. Before a candidate is
    judged, its batch-norm statistics are estimated on a few training images (adaptive batch normalisation),
    because those of the wide network do not fit the narrow one. `network` is not changed. The first of equal
    candidates is returned, and the first of all is the most even one.

    Args:
        network: a network with a deep trunk.
        ratio: the share of the whole network's forward multiply-adds to remove, as for `target.pruned`.
        saliencies: the saliencies of `network`.
        images: batches [B, C, H, W] on which the statistics are estimated.
        judge: returns the worth of a candidate, such as its accuracy on validation images.
        seed: the seed of the candidates.
        bottleneck: the number of maps that the primary capsules read; 0 leaves it to the share.
    """
    groups, whole = channel_groups(network), network.architecture
    best: tuple[float, Smaller] | None = None
    for target in _close(whole, candidates(whole, ratio, CANDIDATES, seed, bottleneck), ratio):
        smaller = cut(network, target, saliencies, groups)
        estimate_statistics(smaller.network, images)
        worth = judge(smaller.network)
        if best is None or worth > best[0]:
            best = worth, smaller
    assert best is not None
    return best[1]


def _close(whole: Architecture, targets: Sequence[Architecture], ratio: float) -> list[Architecture]:
    """Return the targets that are close to the ratio, each once; narrow networks cannot always reach it."""
    errors = [abs(removed_share(whole, target) - ratio) for target in targets]
    limit = max(min(errors), _TOLERANCE)
    kept = [target for target, error in zip(targets, errors, strict=True) if error <= limit]
    return list(dict.fromkeys(kept))


@torch.no_grad()
def estimate_statistics(network: CapsNet, images: Sequence[Tensor]) -> None:
    """Replace the statistics of the trunk's batch normalisation by their means over `images`.

    A frozen trunk gets new statistics too, because its old ones belong to the unpruned network. Training and
    evaluation modes are restored.
    """
    layers = [layer for layer in network.trunk.modules() if isinstance(layer, nn.BatchNorm2d)]
    if not layers or not images:
        return
    momentum, training = [layer.momentum for layer in layers], network.trunk.training
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # the mean of all batches
    network.trunk.train()
    for batch in images:
        network.features(batch)
    for layer, before in zip(layers, momentum, strict=True):
        layer.momentum = before
    network.trunk.train(training)
