"""The accuracy of several networks as one."""

from collections.abc import Sequence

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.evaluation.accuracy import Evaluator
from paretocaps.evaluation.scores import Scored, collect, ensemble_scores
from paretocaps.models.network import Network


def ensemble_accuracy(networks: Sequence[Network], images: DeviceLoader, evaluator: Evaluator) -> float:
    """Return the share of `images` that the networks predict rightly together (see `ensemble_scores`).

    Args:
        networks: one or more networks for these images and classes.
        images: the images, on the networks' device.
        evaluator: makes the passes over the images.

    Raises:
        DataError: there are no networks or no images.
    """
    scored = [_scored(network, images, evaluator) for network in networks]
    whole = ensemble_scores(scored)
    return float((whole.predicted == whole.labels).mean())


def _scored(network: Network, images: DeviceLoader, evaluator: Evaluator) -> Scored:
    return evaluator.fitting(network, lambda size: collect(network, images.ordered(size)))
