"""Saliency by routing: what the class capsules take from each part."""

from collections.abc import Iterable

import torch
from torch import Tensor

from paretocaps.models.capsnet import CapsNet, Observation
from paretocaps.models.capsules import lengths
from paretocaps.models.pruning.saliency import Saliencies, averaged


def saliencies(network: CapsNet, batches: Iterable[Tensor], generator: torch.Generator) -> Saliencies:
    """Score a capsule type by how strongly its capsules are coupled to the class capsules that are there.

    A capsule's couplings sum to 1, so what tells capsules apart is where they go: each coupling counts
    with the length of the class capsule it leads to, and all of them with the capsule's own length:
    |u_i| sum_j c_ij |v_j|, the mean over images and positions. A conv1 channel counts with its mean
    activation in an image times the norm of the filters by which each type reads it, types weighted
    by what they count in that image; a decoder unit with its mean activation times the norm of the
    weights that read it.
    """
    readers = torch.linalg.vector_norm(network.primary.filters(), dim=1)
    layers = [] if network.decoder is None else list(network.decoder.layers)[1:]
    norms = [torch.linalg.vector_norm(layer.get_parameter("weight"), dim=0) for layer in layers]

    def _score(seen: Observation) -> Saliencies:
        reached = (seen.couplings * seen.lengths.unsqueeze(1)).sum(2)
        capsules = lengths(seen.capsules) * reached
        types = capsules.view(len(capsules), network.primary.types, -1).mean(2)
        channels = seen.features.mean((2, 3)) * (types @ readers)
        hidden = (layer.mean(0) * norm for layer, norm in zip(seen.decoder_units, norms, strict=True))
        return Saliencies(channels.mean(0), types.mean(0), tuple(hidden))

    return averaged(network, batches, _score)
