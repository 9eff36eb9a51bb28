"""The blurring network itself."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from outside_parts.blur import widths
from paretocaps.models.architecture import Architecture
from paretocaps.models.network import Network, Output


class BlurNetwork(Network):
    """Means over squares of pixels, then one or two linear layers; trained by cross-entropy."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        self.blur = int(architecture.own_choice("blur"))
        self.bend = {"relu": torch.relu, "tanh": torch.tanh}[str(architecture.own_choice("bend"))]
        sizes = widths(architecture)
        for number, pair in enumerate(pairwise(sizes), start=1):
            self.add_module(f"linear{number}", nn.Linear(*pair))

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Output:
        """Return softmax and logits."""
        logits = self._logits(images)
        return Output(logits.softmax(1), logits=logits)

    def scores(self, images: Tensor) -> Tensor:
        """Return the softmax of the logits."""
        return self._logits(images).softmax(1)

    def _logits(self, images: Tensor) -> Tensor:
        values = functional.avg_pool2d(self.prepared(images), self.blur).flatten(1)
        first, *others = self.children()
        values = first(values)
        for layer in others:
            values = layer(self.bend(values))
        return values.float()
