"""The learning-rate range test on a network and data: one sweep, from nothing."""

from collections.abc import Sequence

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.tensor_splits import load
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import DataSpec
from paretocaps.models.architecture import architecture
from paretocaps.schedules.range_test import RangePoint, observed
from paretocaps.training.device import open_device
from paretocaps.training.first_network import first_network
from paretocaps.training.learner import Learner


def training_images(data: DataSpec) -> int:
    """Return how many images of `data` are trained on.

    Raises:
        DataError, UsageError: as `load`.
    """
    return len(load(data).train)


def sweep(
    choices: Choices,
    data: DataSpec,
    batch_size: int,
    rates: Sequence[float],
    device: str = "cpu",
    seed: int = 0,
) -> list[RangePoint]:
    """Train a new network a step a rate and return what was observed, as far as `observed` goes.

    The loss is the training loss, reconstruction included; epochs follow each other as far as the steps need
    them. The network is the one that a training begins with, before any pruning: a backbone with the weights
    of its checkpoint, its trunk frozen where that is chosen.

    Args:
        choices: family, optimiser, precision, augmentation ...; its own learning rates have no part.
        data: the images.
        batch_size: images a forward pass.
        rates: one a step, as `rising_rates`.
        device: "cpu", "cuda", "cuda:1".
        seed: of the weights, the order of the images and the augmentation.

    Raises:
        DataError, UsageError: data, device or choices that cannot be trained.
    """
    where, splits = open_device(device), load(data)
    channels, height, width = splits.train.images.shape[1:]
    shape = architecture(choices, height, width, channels, splits.classes)
    loader = DeviceLoader(splits.train, where, seed=seed, augment=choices.augment)
    network, _ = first_network(shape, choices, seed)
    learner = Learner(network, loader, choices, where, captures=False)
    return list(observed(rates, learner.walk(batch_size, rates)))
