"""The entropy of the bottleneck, that is, of the features that the primary capsules read."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from paretocaps.data.device_loader import Batch
from paretocaps.errors import DataError

QUANTITY = "bottleneck_entropy"
"""The name of the measured quantity, in bits, 0 to 1."""


@torch.no_grad()
def bottleneck_entropy(features: Callable[[Tensor], Tensor], batches: Iterable[Batch], classes: int) -> float:
    """Return the mean entropy of the features' states given the class, in bits, 0 to 1.

    "Towards Efficient Capsule Networks" (section 4.2) argues that the bottleneck of pruned backbones, which
    the primary capsules read, has a higher average entropy. It cites its authors' work on pruning and gives
    no definition. The definition used here is the entropy of a neuron's post-synaptic potential (Tartaglione
    et al. 2020): a value is on (above 0) or off; p is the share of a class's images for which it is on; its
    entropy is H = -p log2 p - (1 - p) log2 (1 - p). The mean is taken over all values of all maps, then over
    the classes that have images. At 0, every feature is on for all images of a class or for none, so it
    separates classes and nothing else; at 1, every feature is on for half of each class.

    Args:
        features: a function from images [B, C, H, W] to features [B, ...] after a ReLU, such as
            `CapsNet.features`.
        batches: (images [B, C, H, W] in [0, 1], labels [B]), with a hundred images or more in all: entropies
            are underestimated if there are few images per class.
        classes: the number of classes.

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
