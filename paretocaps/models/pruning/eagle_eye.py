"""EagleEye (Li et al. 2020): prunes a deep trunk in several ways and takes the best network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from paretocaps.models.architecture import Architecture
from paretocaps.models.families.capsnet import CapsNet
from paretocaps.models.pruning import probe
from paretocaps.models.pruning.prune import Smaller, cut
from paretocaps.models.pruning.saliency import Saliencies, evaluating
from paretocaps.models.pruning.structured import channel_groups
from paretocaps.models.pruning.target import removed_share
from paretocaps.models.pruning.trunk_target import ShareOf, candidates

CANDIDATES = 8
_TOLERANCE = 0.02


@dataclass(frozen=True)
class Chosen:
    """The best of several pruned networks.

    Attributes:
        smaller: the network.
        number: its number among the candidates, from 1.
        worths: the worth of every candidate, in order.
    """

    smaller: Smaller
    number: int
    worths: tuple[float, ...]


def best_candidate(
    network: CapsNet,
    ratio: float,
    saliencies: Saliencies,
    images: Sequence[Tensor],
    judge: Callable[[CapsNet], float],
    seed: int,
    bottleneck: int = 0,
    share_of: ShareOf = "network",
) -> Chosen:
    """Return the best of 8 networks with about the share `ratio` of the multiply-adds removed.

    Channels are chosen by the L1 norms of filters, and capsule types by `saliencies`. Before a candidate is
    judged, its batch-norm statistics are estimated on a few training images (adaptive batch normalisation),
    because those of the wide network do not fit the narrow one. `network` is not changed. The first of equal
    candidates is returned, and the first of all is the most even one. Narrow networks have fewer candidates.

    Args:
        network: a network with a deep trunk.
        ratio: the share of the forward multiply-adds to remove, as for `target.pruned`.
        saliencies: the saliencies of `network`.
        images: batches [B, C, H, W] on which the statistics are estimated.
        judge: returns the worth of a candidate, such as `probe_accuracy`.
        seed: the seed of the candidates.
        bottleneck: the number of maps that the primary capsules read; 0 leaves it to the share.
        share_of: whether the share is of the whole network's multiply-adds or of its trunk's.
    """
    groups, whole = channel_groups(network), network.architecture
    worths: list[float] = []
    best: Smaller | None = None
    targets = candidates(whole, ratio, CANDIDATES, seed, bottleneck, share_of)
    for target in _close(whole, targets, ratio, share_of):
        smaller = cut(network, target, saliencies, groups)
        estimate_statistics(smaller.network, images)
        worth = judge(smaller.network)
        if not worths or worth > max(worths):
            best = smaller
        worths.append(worth)
    assert best is not None
    return Chosen(best, worths.index(max(worths)) + 1, tuple(worths))


@torch.no_grad()
def probe_accuracy(network: CapsNet, batches: Sequence[tuple[Tensor, Tensor]]) -> float:
    """Return how well a linear probe separates the classes by the features of a network's trunk, 0 to 1.

    EagleEye judges by the network's own head, which needs to be trained: before the first step the capsule
    layers have random weights, and every candidate's accuracy is chance. Here each image is classified by a
    ridge probe of the others (`probe.accuracy`).

    Args:
        network: a network with a deep trunk.
        batches: training images [B, C, H, W] with labels [B], on its device; at least one batch.
    """
    with evaluating(network):
        features = torch.cat([network.features(images) for images, _ in batches])
    return probe.accuracy(features, torch.cat([truth for _, truth in batches]), network.architecture.labels)


def _close(
    whole: Architecture, targets: Sequence[Architecture], ratio: float, share_of: ShareOf
) -> list[Architecture]:
    """Return the targets that are close to the ratio, each once; narrow networks cannot always reach it."""
    errors = [abs(removed_share(whole, target, share_of) - ratio) for target in targets]
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
