"""Runs the learning-rate range test: one sweep over rates with a new network."""

from collections.abc import Sequence

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.tensor_splits import load
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import DataSpec
from paretocaps.domain.progress import OnProgress, unheard
from paretocaps.models.architecture import architecture
from paretocaps.models.starting import starting_architecture
from paretocaps.schedules.range_test import RangePoint, observed
from paretocaps.training.device import open_device
from paretocaps.training.first_network import first_network
from paretocaps.training.kept_tunings import KeptTunings
from paretocaps.training.learner import Learner


def sweep(
    choices: Choices,
    data: DataSpec,
    batch_size: int,
    rates: Sequence[float],
    device: str = "cpu",
    seed: int = 0,
    on_progress: OnProgress = unheard,
) -> list[RangePoint]:
    """Train a new network for one step per rate and return what `observed` yields.

    The loss is the training loss, reconstruction included. The steps go over as many epochs as they need. The
    network is the one that a training begins with, before any pruning: a backbone has the weights of its
    checkpoint, and its trunk is frozen where `choices` freeze it.

    Args:
        choices: family, optimiser, precision, augmentation and so on; their learning rates are not used.
        data: the images.
        batch_size: images per forward pass.
        rates: one learning rate per step, as from `rising_rates`.
        device: "cpu", "cuda" or "cuda:1".
        seed: the seed of the weights, the order of the images and the augmentation.
        on_progress: receives how many steps are taken.

    Raises:
        DataError, UsageError: the data, device or choices cannot be trained.
    """
    where, splits = open_device(device), load(data)
    channels, height, width = splits.shape
    whole = architecture(choices, height, width, channels, splits.classes, pairs=splits.pairs)
    shape = starting_architecture(whole, choices)
    loader = DeviceLoader(splits.train, where, seed=seed, augment=choices.augment)
    network, _ = first_network(shape, choices, seed)
    tunings = KeptTunings(tune=True, steps=lambda _: len(rates))
    learner = Learner(network, loader, choices, where, captures=False, tunings=tunings)
    points = []
    on_progress("tuning", 0, 0)
    for point in observed(rates, learner.walk(batch_size, rates)):
        points.append(point)
        on_progress("range test", len(points), len(rates))
    return points
