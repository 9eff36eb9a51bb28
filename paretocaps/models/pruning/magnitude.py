"""Measures saliency by magnitude: how large the incoming weights of each part are."""

from collections.abc import Iterable

import torch
from torch import Tensor

from paretocaps.models.families.capsnet import CapsNet
from paretocaps.models.pruning.saliency import Saliencies, no_channels


def saliencies(network: CapsNet, batches: Iterable[Tensor], generator: torch.Generator) -> Saliencies:
    """Score each part by the L1 norm of its incoming weights, without biases; `batches` are not read."""
    hidden = [] if network.decoder is None else list(network.decoder.layers)[:-1]
    stem = [layer.weight.abs().sum((1, 2, 3)) for layer in network.stem]
    *first, features = stem or [no_channels(network)]
    return Saliencies(
        features,
        network.primary.filters().abs().sum((1, 2)),
        tuple(layer.get_parameter("weight").abs().sum(1) for layer in hidden),
        tuple(first),
    )
