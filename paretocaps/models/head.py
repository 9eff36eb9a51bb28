"""A network without its trunk, which reads features that were computed earlier."""

from torch import Tensor

from paretocaps.models.network import Network, Output


class Head(Network):
    """The layers of `network` after its trunk: it takes features [B, K, H', W'] instead of images.

    Args:
        network: the network whose layers and mode the head shares; training either trains both.
    """

    def __init__(self, network: Network) -> None:
        super().__init__(network.architecture)
        self.network, self.pair_table = network, network.pair_table
        self.train(network.training)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Output:
        """Return the network's output for the images with these features."""
        return self.network.read(images, labels)

    def scores(self, images: Tensor) -> Tensor:
        """Return the scores, [B, O], for the images with these features."""
        return self.network.read_scores(images)
