"""Measures saliencies: how much each channel, capsule type and decoder unit matters to a network."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, Self

import torch
from torch import Tensor

from paretocaps.errors import UsageError
from paretocaps.models.families.capsnet import CapsNet, Observation
from paretocaps.registry import Registry


@dataclass(frozen=True)
class Saliencies:
    """One number per part that can be removed; parts with the smallest numbers are removed first.

    Attributes:
        conv_channels: [K], one per map that the primary capsules read. The numbers of a deep trunk's maps
            are not used, because its channels are chosen by groups (`structured`).
        capsule_types: [T]; below 0 for a type that does harm.
        decoder_units: [U] for each hidden layer of the decoder; empty without a decoder.
        first_channels: [K], one per map of conv1 where a second convolution reads them; else empty.
    """

    conv_channels: Tensor
    capsule_types: Tensor
    decoder_units: tuple[Tensor, ...]
    first_channels: tuple[Tensor, ...] = ()

    def named(self) -> dict[str, Tensor]:
        """Return all numbers by name; `of` makes the saliencies from them."""
        layers = {"decoder_units": self.decoder_units, "first_channels": self.first_channels}
        parts = {f"{name}.{i}": part for name, several in layers.items() for i, part in enumerate(several)}
        return {"conv_channels": self.conv_channels, "capsule_types": self.capsule_types, **parts}

    @classmethod
    def of(cls, named: Mapping[str, Tensor]) -> Self:
        """Return the saliencies that `named` has described, in any order."""

        def parts(name: str) -> tuple[Tensor, ...]:
            count = sum(key.startswith(f"{name}.") for key in named)
            return tuple(named[f"{name}.{i}"] for i in range(count))

        return cls(
            named["conv_channels"], named["capsule_types"], parts("decoder_units"), parts("first_channels")
        )


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
"""The known saliencies, by the names that `Choices.saliency` accepts."""


def measure(network: CapsNet, batches: Iterable[Tensor], saliency: str, seed: int) -> Saliencies:
    """Return the saliencies of all parts of `network`, which is not changed.

    Args:
        network: the network to prune.
        batches: images [B, C, H, W] on its device; "magnitude" and "random" read none.
        saliency: a name in `SALIENCIES`.
        seed: the seed of random numbers.

    Raises:
        UnknownNameError: there is no such saliency.
        UsageError: the saliency reads images and `batches` has none.
    """
    generator = torch.Generator().manual_seed(seed)
    with evaluating(network), torch.no_grad():
        return SALIENCIES.get(saliency)(network, batches, generator)


@contextmanager
def evaluating(network: CapsNet) -> Iterator[None]:
    """Set evaluation mode, so that images do not change the statistics of batch normalisation; restore it."""
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)


def averaged(
    network: CapsNet, batches: Iterable[Tensor], score: Callable[[Observation], Saliencies]
) -> Saliencies:
    """Return the mean over all images of what `score` returns for each batch.

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
