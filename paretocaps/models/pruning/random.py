"""Random saliency: the yardstick that every other saliency has to beat."""

from collections.abc import Iterable

import torch
from torch import Tensor

from paretocaps.models.families.capsnet import CapsNet
from paretocaps.models.pruning.saliency import Saliencies


def saliencies(network: CapsNet, batches: Iterable[Tensor], generator: torch.Generator) -> Saliencies:
    """Score every part with a random number from [0, 1); `batches` are not read."""
    a = network.architecture
    widths = () if network.decoder is None else a.decoder_units
    return Saliencies(
        torch.rand(a.trunk_shape.channels, generator=generator),
        torch.rand(a.capsule_types, generator=generator),
        tuple(torch.rand(width, generator=generator) for width in widths),
        tuple(torch.rand(a.conv_channels, generator=generator) for _ in network.stem[1:]),
    )
