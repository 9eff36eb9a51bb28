"""Saliencies: how much a network would miss each conv1 channel, capsule type and decoder unit."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from paretocaps.errors import UsageError
from paretocaps.models.families.capsnet import CapsNet, Observation
from paretocaps.registry import Registry


@dataclass(frozen=True)
class Saliencies:
    """One number for everything that can be removed; the smallest go first.

    Attributes:
        conv_channels: [K], of the convolution whose maps the primary capsules read; what a saliency says of a
            deep trunk's maps is not used: its channels go by groups (`structured`).
        capsule_types: [T]; below 0 for a type that does harm.
        decoder_units: [U] for each hidden layer of the decoder; empty without one.
        first_channels: [K], of conv1 where a second convolution reads its maps; empty where none does.
    """

    conv_channels: Tensor
    capsule_types: Tensor
    decoder_units: tuple[Tensor, ...]
    first_channels: tuple[Tensor, ...] = ()


class Saliency(Protocol):
    """A way to measure saliencies."""

    def __call__(self, network: CapsNet, batches: Iterable[Tensor], generator: torch.Generator) -> Saliencies:
        """Return the saliencies of `network`; `batches` are images [B, C, H, W]."""
        ...


SALIENCIES: Registry[Saliency] = Registry(
    "saliency",
    {
        name: f"paretocaps.models.pruning.{name}:saliencies"
        for name in ("routing", "coupling", "activation", "magnitude", "random")
    },
)
"""The known saliencies, by the names that `Choices.saliency` has for them."""


def measure(network: CapsNet, batches: Iterable[Tensor], saliency: str, seed: int) -> Saliencies:
    """Return how much `network` would miss each of its parts; the network is not changed.

    Args:
        network: what is to be pruned.
        batches: images [B, C, H, W] on its device, as many batches as the measurement shall see;
            "magnitude" and "random" look at none.
        saliency: a name in `SALIENCIES`.
        seed: of what is drawn at random.

    Raises:
        UnknownNameError: no such saliency.
        UsageError: the saliency looks at images and `batches` has none.
    """
    generator = torch.Generator().manual_seed(seed)
    was_training = network.training
    network.eval()  # else batch normalisation would count these images as trained on
    try:
        with torch.no_grad():
            return SALIENCIES.get(saliency)(network, batches, generator)
    finally:
        network.train(was_training)


def averaged(
    network: CapsNet, batches: Iterable[Tensor], score: Callable[[Observation], Saliencies]
) -> Saliencies:
    """Return the mean over all images of what `score` says of a batch.

    Raises:
        UsageError: `batches` has no images.
    """
    images, totals = 0, [torch.zeros(())]
    for batch in batches:
        found = score(network.observe(batch))
        parts = (found.conv_channels, found.capsule_types, *found.first_channels, *found.decoder_units)
        weighted = [part.double() * len(batch) for part in parts]
        totals = [a + b for a, b in zip(totals, weighted, strict=True)] if images else weighted
        images += len(batch)
    if not images:
        raise UsageError("saliencies cannot be measured on 0 images: give at least one batch")
    channels, types, *others = (total / images for total in totals)
    stem = max(0, len(network.stem) - 1)
    return Saliencies(channels, types, tuple(others[stem:]), tuple(others[:stem]))


def no_channels(network: CapsNet) -> Tensor:
    """Return zeros for the maps of a deep trunk, on the network's device."""
    return network.primary.weight.new_zeros(network.primary.weight.shape[-1])
