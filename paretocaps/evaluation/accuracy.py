"""Accuracy of a network on a set of images."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from paretocaps.models.capsnet import CapsNet


@torch.no_grad()
def accuracy(
    network: CapsNet,
    batches: Iterable[tuple[Tensor, Tensor]],
    precision: AbstractContextManager[Any] | None = None,
) -> float:
    """Return the share of images whose longest class capsule is their label's, in [0, 1].

    Args:
        network: put into evaluation mode for the pass and back into the mode it was in.
        batches: (images [B, C, H, W] in [0, 1], labels [B]) on the network's device.
        precision: a context to run the forward passes in.
    """
    was_training = network.training
    network.eval()
    right: Tensor | None = None
    seen = 0
    with precision or nullcontext():
        for images, labels in batches:
            hits = (network.scores(images).argmax(dim=1) == labels).sum()
            right = hits if right is None else right + hits  # stays on the device: one read at the end
            seen += len(labels)
    network.train(was_training)
    return float(right) / seen if right is not None else 0.0
