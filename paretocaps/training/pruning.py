"""When a training prunes, and what it measures for it."""

from itertools import islice

from paretocaps.domain.choices import Choices
from paretocaps.errors import UsageError
from paretocaps.models.capsnet import CapsNet
from paretocaps.models.pruning.prune import prune
from paretocaps.models.pruning.saliency import measure
from paretocaps.models.pruning.target import pruned
from paretocaps.training.learner import Learner
from paretocaps.training.precision import autocast, resolve_precision

_SALIENCY_BATCH = 128
_SALIENCY_BATCHES = 8


def warmup_epochs(choices: Choices, epochs: int) -> int | None:
    """Return after how many epochs the network is pruned, or None where it never is.

    `pruning_start` is the share of the epochs trained before: at least one where there is more
    than one epoch, and never all of them, so that the pruned network is trained too.
    """
    if choices.pruning_ratio == 0.0:
        return None
    if epochs == 1:
        return 0
    return min(max(round(choices.pruning_start * epochs), 1 if choices.pruning_start > 0 else 0), epochs - 1)


def prune_learner(learner: Learner, choices: Choices, seed: int) -> None:
    """Rebuild the learner's network smaller by `pruning_ratio` of its forward multiply-adds.

    Saliency is measured on up to 1,024 training images; weights and Adam state of what stays are
    kept. None of this is an optimiser step, so the clock does not count it.

    Raises:
        UsageError: a network without capsules.
    """
    network = learner.network
    if not isinstance(network, CapsNet):
        raise UsageError(f"family={network.architecture.family} has no capsules to prune: pruning_ratio=0")
    target = pruned(network.architecture, choices.pruning_ratio)
    # shuffled: stored images may be sorted by class, and the first thousand be of one
    batches = islice(learner.loader.batches(_SALIENCY_BATCH, epoch=0), _SALIENCY_BATCHES)
    with autocast(learner.device, resolve_precision(choices.precision, learner.device)):
        images = (batch for batch, _ in batches)
        saliencies = learner.ranks.from_first(lambda: measure(network, images, choices.saliency, seed))
    learner.replace(*prune(network, learner.optimizer, target, saliencies))
