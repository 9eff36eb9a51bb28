"""Prunes the learner's network."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import cast

from paretocaps.data.device_loader import Batch, DeviceLoader
from paretocaps.domain.choices import Choices
from paretocaps.domain.families.family import PLAIN
from paretocaps.models.architecture import Architecture
from paretocaps.models.families.capsnet import CapsNet
from paretocaps.models.pruning.eagle_eye import best_candidate, probe_accuracy
from paretocaps.models.pruning.prune import Smaller, cut, hand_over
from paretocaps.models.pruning.routing import untrained_saliencies
from paretocaps.models.pruning.saliency import Saliencies, measure
from paretocaps.models.pruning.target import check_prunable, pruned, removed_share
from paretocaps.training.learner import Learner
from paretocaps.training.precision import autocast, resolve_precision

PRUNED_SHARE = "pruned_share"
"""The measured quantity: the share of the multiply-adds that was removed, as `pruning_share_of` counts it."""
CANDIDATE = "candidate"
"""Begins the names of the quantities that say how the pruned network was chosen."""
_OF_WEIGHTS = ("coupling", "magnitude")
"""The saliencies that mean nothing while weights are random."""
_FAR = 0.02
_SALIENCY_BATCH = 128
_SALIENCY_BATCHES = 8


@dataclass(frozen=True)
class Judged:
    """How the pruned network was chosen among several.

    Attributes:
        accs: the accuracy of a linear probe on each candidate's features; empty if there was no choice.
        number: the number of the chosen one, from 1; 0 if there was no choice.
        images: how many training images judged them.
        seconds: how long the choice took, which `time` does not count.
        untrained: the saliency that was measured on random weights and so means nothing; empty for none.
    """

    accs: tuple[float, ...] = ()
    number: int = 0
    images: int = 0
    seconds: float = 0.0
    untrained: str = ""

    @property
    def quantities(self) -> dict[str, float]:
        """The accuracies and the chosen number, by name."""
        if not self.accs:
            return {}
        each = {f"{CANDIDATE}_{number}": acc for number, acc in enumerate(self.accs, start=1)}
        return each | {f"{CANDIDATE}_chosen": float(self.number)}

    @property
    def remarks(self) -> tuple[str, ...]:
        """A line on the choice, and one on a saliency that means nothing."""
        found = []
        if self.accs:
            accs = ", ".join(f"{acc:.3f}" for acc in self.accs)
            found.append(
                f"pruning took candidate {self.number} of {len(self.accs)}, by the accuracy of a linear probe"
                f" on {self.images:,} training images: {accs}"
            )
            if self.seconds:
                found.append(f"that choice took {self.seconds:.3g} s, which time and energy do not count")
        if self.untrained:
            found.append(
                f"saliency={self.untrained} was measured before the first step, on random weights: it chose"
                " capsule types at random (saliency=routing uses a linear probe there)"
            )
        return tuple(found)


def prune_learner(
    learner: Learner, choices: Choices, seed: int, images: DeviceLoader, *, trained: bool = True
) -> Judged:
    """Rebuild the learner's network smaller by `pruning_ratio` of its forward multiply-adds.

    Saliency is measured on up to 1,024 training images. The parts that stay keep their weights and optimiser
    state. For a deep trunk the best of several candidates is taken, judged on the same training images (see
    `eagle_eye`). None of this is an optimiser step or gives features to one, so neither `time` nor `energy`
    counts it.

    Args:
        learner: the learner whose network is replaced.
        choices: pruning_ratio and its share, bottleneck, saliency and precision are read from them.
        seed: the seed of all random choices.
        images: the training images.
        trained: whether the learner has taken steps; if not, `routing` asks a linear probe instead of the
            capsule layers.

    Raises:
        UsageError: the family cannot be pruned.
    """
    check_prunable(learner.network.architecture)
    network = cast("CapsNet", learner.network)  # as all that can be pruned (`Family.prunes`)
    # shuffled, because stored images may be sorted by class, and the first thousand may be of one
    seen = list(islice(images.batches(_SALIENCY_BATCH, epoch=0), _SALIENCY_BATCHES))
    shown = [batch for batch, _ in seen]
    judged = Judged(untrained="" if trained or choices.saliency not in _OF_WEIGHTS else choices.saliency)
    learner.on_progress("pruning", 0, 1)
    with autocast(learner.device, resolve_precision(choices.precision, learner.device)):
        measured = learner.ranks.tensors_from_first(
            lambda: (
                measure(network, shown, choices.saliency, seed)
                if trained or choices.saliency != "routing"
                else untrained_saliencies(network, seen)
            ).named()
        )
        saliencies = Saliencies.of(measured)
        if network.architecture.trunk == PLAIN:
            smaller = cut(network, pruned(network.architecture, choices.pruning_ratio), saliencies)
        else:
            smaller, judged = _best(learner, network, choices, saliencies, seen, seed, judged)
    hand_over(learner.optimizer, smaller)
    learner.replace(smaller.network, learner.optimizer)
    return judged


def _best(
    learner: Learner,
    network: CapsNet,
    choices: Choices,
    saliencies: Saliencies,
    seen: Sequence[Batch],
    seed: int,
    judged: Judged,
) -> tuple[Smaller, Judged]:
    """Return the best candidate of a network with a deep trunk, and `judged` with how it was chosen."""
    began, shown = time.perf_counter(), [batch for batch, _ in seen]

    def judge(candidate: CapsNet) -> float:
        learner.on_progress("pruning", 0, 1)
        return learner.ranks.from_first(lambda: probe_accuracy(candidate, seen), float)

    chosen = best_candidate(
        network,
        choices.pruning_ratio,
        saliencies,
        shown,
        judge,
        seed,
        choices.bottleneck,
        choices.pruning_share_of,
    )
    count, spent = sum(len(batch) for batch in shown), time.perf_counter() - began
    return chosen.smaller, replace(
        judged, accs=chosen.worths, number=chosen.number, images=count, seconds=spent
    )


def achieved(choices: Choices, whole: Architecture, network: Architecture) -> dict[str, float]:
    """Return the share that was removed of `whole`'s multiply-adds, by name; {} unless the choices prune."""
    if choices.pruning_ratio == 0.0:
        return {}
    return {PRUNED_SHARE: removed_share(whole, network, choices.pruning_share_of)}


def shortfall(choices: Choices, whole: Architecture, network: Architecture) -> tuple[str, ...]:
    """Return a remark where the share removed differs from `pruning_ratio` by over 2 points.

    Small networks have few sizes to choose from.
    """
    share = removed_share(whole, network, choices.pruning_share_of)
    if choices.pruning_ratio == 0.0 or abs(share - choices.pruning_ratio) <= _FAR:
        return ()
    if network == whole:
        return ("the training ended before it pruned: nothing was removed",)
    asked = f"pruning_ratio={choices.pruning_ratio:g}"
    of = "backbone's " if choices.pruning_share_of == "backbone" else ""
    return (
        f"{share:.3g} of the {of}multiply-adds were removed, not {asked}: the network has no size nearer"
        " to it",
    )
