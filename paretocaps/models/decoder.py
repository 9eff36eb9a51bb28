"""The decoder, which reconstructs the image from the class capsule of its class."""

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from paretocaps.models.dense import dense


class Decoder(nn.Module):
    """Three linear layers, ReLU, ReLU, sigmoid (Sabour et al. 2017, section 4.1).

    The full decoder reads all class capsules, with all but the chosen one set to 0; so the place of the
    poses determines the class. The reduced one (FasTrCaps, section IV-C) reads the chosen capsule only, and
    does not get the class.

    Args:
        widths: the widths of the input, the two hidden layers and the image. An input as wide as one
            capsule makes it the reduced decoder.
        dimensions: pose dimensions D of a class capsule.
    """

    def __init__(self, widths: tuple[int, int, int, int], dimensions: int) -> None:
        super().__init__()
        self.reduced = widths[0] == dimensions
        self.layers = nn.ModuleList(_uninitialised(*pair) for pair in pairwise(widths))

    def forward(self, capsules: Tensor, chosen: Tensor) -> Tensor:
        """Return pixels in [0, 1], [B, C * H * W], from capsules [B, O, D] and chosen classes [B] or [B, 2].

        Of two chosen classes, the full decoder reads both capsules, and the reduced one their sum.
        """
        *_, pixels = self.activations(capsules, chosen)
        return pixels

    def activations(self, capsules: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the outputs of the two hidden layers and of the last one; the arguments are `forward`'s."""
        one, two, three = (cast(nn.Linear, layer) for layer in self.layers)
        first = dense(self._read(capsules, chosen), one.weight, one.bias, "relu")
        second = dense(first, two.weight, two.bias, "relu")
        return first, second, dense(second, three.weight, three.bias, "sigmoid")

    def _read(self, capsules: Tensor, chosen: Tensor) -> Tensor:
        several = chosen.dim() > 1
        if self.reduced:
            index = chosen.view(len(chosen), -1, 1).expand(-1, -1, capsules.shape[-1])
            read = capsules.gather(1, index)
            return read.sum(1) if several else read.squeeze(1)
        classes = torch.arange(capsules.shape[1], device=capsules.device)
        there = chosen.unsqueeze(-1) == classes
        mask = (there.any(1) if several else there).to(capsules.dtype)
        return (capsules * mask.unsqueeze(2)).flatten(1)


def _uninitialised(inputs: int, outputs: int) -> nn.Module:
    """Return a linear layer without initialising its weights: that would move the global random state."""
    layer: nn.Module = skip_init(nn.Linear, inputs, outputs)  # type: ignore[no-untyped-call]
    return layer
