"""The entropy of the bottleneck: how freely the features that primary capsules read go on and off."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from paretocaps.data.device_loader import Batch
from paretocaps.errors import DataError

QUANTITY = "bottleneck_entropy"
"""The measured quantity, in bits, 0 to 1."""


@torch.no_grad()
def bottleneck_entropy(features: Callable[[Tensor], Tensor], batches: Iterable[Batch], classes: int) -> float:
    """Return the mean entropy of the features' states given the class, in bits, 0 to 1.

    "Towards Efficient Capsule Networks" (section 4.2) argues that the bottleneck of pruned backbones, what
    the primary capsules read, has a higher average entropy, cites its authors' work on pruning for it, and
    defines none. Read as the entropy of a neuron's post-synaptic potential (Tartaglione et al. 2020): a
    value is on, above 0, or off; p is the share of a class's images for which it is on; its entropy is
    H = -p log2 p - (1 - p) log2 (1 - p); the mean is taken over all values of all maps, then over the
    classes that have images. 0: every feature is either on for all images of a class or for none, so it tells
    classes apart and nothing else; 1: features are on for half of each class.

    Args:
        features: gives [B, ...] after a ReLU for images [B, C, H, W], such as
            `CapsNet.features`.
        batches: (images [B, C, H, W] in [0, 1], labels [B]), some hundred images or more: few images a
            class underestimate entropies.
        classes: how many there are.

    Raises:
        DataError: there are no images.
    """
    on: Tensor | None = None
    images_of: Tensor | None = None
    for images, labels in batches:
        state = (features(images).flatten(1) > 0).float()
        if on is None or images_of is None:
            on, images_of = state.new_zeros(classes, state.shape[1]), state.new_zeros(classes)
        on.index_add_(0, labels, state)
        images_of += torch.bincount(labels, minlength=classes)
    if on is None or images_of is None:
        raise DataError("there are no images to measure an entropy on")
    present = images_of > 0
    share = on[present] / images_of[present].unsqueeze(1)
    bits = torch.special.entr(share) + torch.special.entr(1 - share)
    return float(bits.mean(1).mean() / torch.log(torch.tensor(2.0)))
