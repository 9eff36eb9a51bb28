"""Saliency by coupling: how much the capsules of a type are coupled to those that are there."""

from collections.abc import Iterable

import torch
from torch import Tensor

from paretocaps.models.families.capsnet import CapsNet
from paretocaps.models.pruning.routing import by_coupling
from paretocaps.models.pruning.saliency import Saliencies


def saliencies(network: CapsNet, batches: Iterable[Tensor], generator: torch.Generator) -> Saliencies:
    """Score a capsule type by the coupling that it receives, weighted by its activation.

    A capsule's couplings sum to 1, so what tells capsules apart is where they go: each coupling counts
    with the length of the capsule it leads to, and all of them with the capsule's own length:
    |u_i| sum_j c_ij |v_j|, the mean over images and positions; for em activations stand in the lengths'
    place. Channels and units as in `routing.saliencies`.
    """
    return by_coupling(network, batches, lambda _, coupled: coupled)
