"""A capsule network without its trunk, for features that were computed before."""

from torch import Tensor

from paretocaps.models.network import Network, Output


class Head(Network):
    """What `network` makes of features, [B, K, H', W'], which it takes in the place of images.

    Args:
        network: whose layers it uses, and whose mode it has; trained with it.
    """

    def __init__(self, network: Network) -> None:
        super().__init__(network.architecture)
        self.network = network
        self.train(network.training)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Output:
        """Return what the network says about the images that these are the features of."""
        return self.network.read(images, labels)

    def scores(self, images: Tensor) -> Tensor:
        """Return the scores of the images that these are the features of, [B, O]."""
        return self.network.read_scores(images)
