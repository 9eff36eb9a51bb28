"""A fixed step of training, by whose seconds devices are compared."""

import time
from collections.abc import Callable

import numpy as np
import torch

from paretocaps.data.images import ImageSet
from paretocaps.data.loader import DeviceLoader
from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.training.device import open_device
from paretocaps.training.learner import Learner

_SIDE, _CLASSES, _BATCH = 28, 10, 32
_WARMUP, _STEPS = 2, 10


def reference_step(device: str = "cpu", threads: int | None = None) -> float:
    """Return the seconds of one optimiser step of the baseline network on `device` (a `Calibrate`).

    The median of 10 steps after 2 that warm up, on a batch of 32 random images of 28x28x1 in 10
    classes, synchronised with the device. Network, images and arithmetic (precision auto) are the same
    wherever it runs; the global random states are left as they were.

    Args:
        device: "cpu", "cuda" or "cuda:1".
        threads: CPU threads to use from now on, or None for as many as are set.

    Raises:
        UsageError: there is no such device here.
    """
    where = open_device(device)
    if threads is not None:
        torch.set_num_threads(threads)
    learner, rate = _learner(where)
    images, labels = next(learner.loader.ordered(_BATCH))
    learner.network.train()
    seconds = [_timed(lambda: learner.step(images, labels, rate), where) for _ in range(_WARMUP + _STEPS)]
    return float(np.median(seconds[_WARMUP:]))


def _learner(device: torch.device) -> tuple[Learner, float]:
    """Return the baseline on seeded random images, and its learning rate."""
    choices, generator = Choices(), torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (_BATCH, 1, _SIDE, _SIDE), dtype=torch.uint8, generator=generator)
    labels = torch.randint(0, _CLASSES, (_BATCH,), generator=generator)
    network = build_network(architecture(choices, _SIDE, _SIDE, 1, _CLASSES), seed=0)
    return Learner(network, DeviceLoader(ImageSet(images, labels), device), choices, device), choices.lr_max


def _timed(step: Callable[[], object], device: torch.device) -> float:
    _synchronize(device)
    begin = time.perf_counter()
    step()
    _synchronize(device)
    return time.perf_counter() - begin


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
