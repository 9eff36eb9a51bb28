"""Measures saliency by coupling: how strongly the capsules of a type couple to active capsules."""

from collections.abc import Iterable

import torch
from torch import Tensor

from paretocaps.models.families.capsnet import CapsNet
from paretocaps.models.pruning.routing import by_coupling
from paretocaps.models.pruning.saliency import Saliencies


def saliencies(network: CapsNet, batches: Iterable[Tensor], generator: torch.Generator) -> Saliencies:
    """Score a capsule type by its couplings, weighted by lengths: |u_i| sum_j c_ij |v_j|.

    A capsule's couplings c_ij sum to 1, so capsules differ in where their couplings lead: each is weighted by
    the length of the capsule v_j that it leads to, and their sum by the capsule's own length. The score is
    the mean over images and positions. em has activations instead of lengths. Channels and units are scored
    as in `routing.saliencies`.
    """
    return by_coupling(network, batches, lambda _, coupled: coupled)
