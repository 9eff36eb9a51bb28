"""Saliency by routing: what the class capsules take from each part."""

from collections.abc import Iterable

import torch
from torch import Tensor

from paretocaps.models.capsnet import CapsNet, Observation
from paretocaps.models.pruning.saliency import Saliencies, averaged


def saliencies(network: CapsNet, batches: Iterable[Tensor], generator: torch.Generator) -> Saliencies:
    """Score a capsule type by how strongly its capsules are coupled to those that are there.

    A capsule's couplings sum to 1, so what tells capsules apart is where they go: each coupling counts
    with the length of the capsule it leads to (a class capsule, or with blocks one of the first layer), and
    all of them with the capsule's own length: |u_i| sum_j c_ij |v_j|, the mean over images and positions;
    for em activations stand in the lengths' place. A channel of the features counts with its mean
    activation in an image times the norm of the filters by which each type reads it, types weighted by
    what they count in that image; a channel of conv1 before a second convolution likewise, by its
    readers there; a decoder unit with its mean activation times the norm of the weights that read it.
    """
    readers = torch.linalg.vector_norm(network.primary.filters(), dim=1)
    between = [torch.linalg.vector_norm(layer.weight, dim=(1, 2)) for layer in network.stem[1:]]
    layers = [] if network.decoder is None else list(network.decoder.layers)[1:]
    norms = [torch.linalg.vector_norm(layer.get_parameter("weight"), dim=0) for layer in layers]

    def _score(seen: Observation) -> Saliencies:
        reached = (seen.couplings * seen.reached.unsqueeze(1)).sum(2)
        capsules = seen.presence * reached
        types = capsules.view(len(capsules), network.primary.types, -1).mean(2)
        channels = seen.features.mean((2, 3)) * (types @ readers)
        first = [seen.stem[0].mean((2, 3)) * (channels @ norm) for norm in between]
        hidden = (layer.mean(0) * norm for layer, norm in zip(seen.decoder_units, norms, strict=True))
        return Saliencies(
            channels.mean(0), types.mean(0), tuple(hidden), tuple(layer.mean(0) for layer in first)
        )

    return averaged(network, batches, _score)
