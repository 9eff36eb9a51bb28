"""Measures saliency by activation: how strongly each part responds to images."""

from collections.abc import Iterable

import torch
from torch import Tensor

from paretocaps.models.families.capsnet import CapsNet, Observation
from paretocaps.models.pruning.saliency import Saliencies, averaged


def saliencies(network: CapsNet, batches: Iterable[Tensor], generator: torch.Generator) -> Saliencies:
    """Score a capsule type by the mean length (for em, activation) of its capsules.

    A channel or unit is scored by its mean activation.
    """

    def _score(seen: Observation) -> Saliencies:
        types = seen.presence.view(len(seen.presence), network.primary.types, -1).mean((0, 2))
        *first, features = (maps.mean((0, 2, 3)) for maps in seen.stem)
        return Saliencies(features, types, tuple(layer.mean(0) for layer in seen.decoder_units), tuple(first))

    return averaged(network, batches, _score)
