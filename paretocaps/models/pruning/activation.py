"""Saliency by activation: how strongly each part responds to images."""

from collections.abc import Iterable

import torch
from torch import Tensor

from paretocaps.models.capsnet import CapsNet, Observation
from paretocaps.models.capsules import lengths
from paretocaps.models.pruning.saliency import Saliencies, averaged


def saliencies(network: CapsNet, batches: Iterable[Tensor], generator: torch.Generator) -> Saliencies:
    """Score a capsule type by its capsules' mean length, a channel or unit by its mean activation."""

    def _score(seen: Observation) -> Saliencies:
        capsules = lengths(seen.capsules)
        types = capsules.view(len(capsules), network.primary.types, -1).mean((0, 2))
        return Saliencies(
            seen.features.mean((0, 2, 3)), types, tuple(layer.mean(0) for layer in seen.decoder_units)
        )

    return averaged(network, batches, _score)
