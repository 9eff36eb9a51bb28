"""A backbone with a linear layer, the classifier as which backbones are trained before capsules read them."""

import torch
from torch import Tensor

from paretocaps.models.architecture import Architecture
from paretocaps.models.network import Init, Network, Output
from paretocaps.models.trunks.layers import deep_trunk, initialise_trunk, linear_layer


class BackboneLinear(Network):
    """The maps of a backbone, their means over all cells, and a linear layer to a logit for each class.

    This is how ResNet (He et al. 2016, section 3.3) and MobileNet (Howard et al. 2017, Table 1) classify. It
    is trained by the cross-entropy of its logits.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        shape = architecture.trunk_shape
        self.trunk = deep_trunk(architecture.trunk, shape)
        self.linear = linear_layer(shape.channels, architecture.classes)

    def initialise(self, generator: torch.Generator, init: Init = "auto") -> None:
        """Initialise the linear layer as torch does, and the backbone as capsule networks do theirs.

        Args:
            generator: the only source of random numbers.
            init: is ignored.
        """
        super().initialise(generator, init)
        initialise_trunk(self.trunk, self.architecture.trunk_shape, generator)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Output:
        """Return softmax and logits; `labels` are not used."""
        return self.read(self.features(images))

    def scores(self, images: Tensor) -> Tensor:
        """Return the softmax of the logits, [B, O]."""
        return self.read_scores(self.features(images))

    def features(self, images: Tensor) -> Tensor:
        """Return the maps of the backbone, [B, K, H', W'], for images [B, C, H, W].

        Raises:
            DataError: the images have another shape than the architecture's.
        """
        maps: Tensor = self.trunk(self.prepared(images))
        return maps

    def read(self, features: Tensor, labels: Tensor | None = None) -> Output:
        """Return what `forward` returns, from the features [B, K, H', W'] of the images."""
        logits = self._logits(features)
        return Output(logits.softmax(1), logits=logits)

    def read_scores(self, features: Tensor) -> Tensor:
        """Return what `scores` returns, from the features [B, K, H', W'] of the images."""
        return self._logits(features).softmax(1)

    def _logits(self, features: Tensor) -> Tensor:
        logits: Tensor = self.linear(features.mean((2, 3)))
        return logits.float() if logits.dtype.itemsize < 4 else logits
