"""LeNet5 (LeCun et al. 1998), the network without capsules that FasTrCaps compares with."""

from torch import Tensor
from torch.nn import functional

from paretocaps.models.architecture import Architecture
from paretocaps.models.families.lenet5_shape import POOL, lenet5
from paretocaps.models.network import Network, Output
from paretocaps.models.trunks.layers import convolution_layer, linear_layer


class LeNet5(Network):
    """Two convolutions, each pooled, and three linear layers (`lenet5_shape.lenet5`).

    It is trained by the cross-entropy of its logits. The paper that compares with it does not name its
    variant: this one has ReLUs and max pooling, as is usual today.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        shape = lenet5(architecture)
        first, second = shape.convolutions
        self.conv1, self.conv2 = convolution_layer(first), convolution_layer(second)
        self.linear1, self.linear2, self.linear3 = (linear_layer(*pair) for pair in shape.linear)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Output:
        """Return softmax and logits; `labels` are not used."""
        logits = self._logits(images)
        return Output(logits.softmax(1), logits=logits)

    def scores(self, images: Tensor) -> Tensor:
        """Return the softmax of the logits, [B, O]."""
        return self._logits(images).softmax(1)

    def _logits(self, images: Tensor) -> Tensor:
        maps = self.prepared(images)
        for layer in (self.conv1, self.conv2):
            maps = functional.max_pool2d(functional.relu(layer(maps)), POOL)
        units = maps.flatten(1)
        for linear in (self.linear1, self.linear2):
            units = functional.relu(linear(units))
        logits: Tensor = self.linear3(units)
        return logits.float() if logits.dtype.itemsize < 4 else logits
