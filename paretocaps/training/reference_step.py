"""Times a fixed training step, whose seconds compare devices."""

from collections.abc import Iterator

import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet
from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.training.device import open_device
from paretocaps.training.kept_tunings import KeptTunings
from paretocaps.training.learner import Learner

_SIDE, _CLASSES, _BATCH = 28, 10, 32
_STEPS = {"cpu": 12, "cuda": 256}
_TRIES = 2


def reference_step(device: str = "cpu", threads: int | None = None) -> float:
    """Return the seconds of one optimiser step of the baseline network on `device` (a `Calibrate`).

    This is the median over the laps of a short epoch without its warm-up, by the clock that times trainings.
    Steps are taken as in a training (on a GPU as a CUDA graph), on batches of 32 random images of 28x28x1 in
    10 classes. Network, images and the way of computing (precision auto, without a measured tuning) are the
    same everywhere; the global random states do not change. Where the clock finds the device disturbed, the
    step is measured once more, and the lesser of the two counts.

    Args:
        device: "cpu", "cuda" or "cuda:1".
        threads: CPU threads that torch uses from here on; None keeps its number.

    Raises:
        UsageError: there is no such device here.
    """
    where = open_device(device)
    if threads is not None:
        torch.set_num_threads(threads)
    return min(_undisturbed(where))


def _undisturbed(device: torch.device) -> Iterator[float]:
    """Yield the seconds per step, and once more where something disturbed the measurement."""
    for _ in range(_TRIES):
        learner, rates = reference_learner(device)
        learner.train_epoch(1, _BATCH, rates)
        yield learner.stopwatch.typical_step()
        if not learner.stopwatch.disturbances():
            return


def reference_learner(
    device: torch.device, tunings: KeptTunings | None = None
) -> tuple[Learner, list[float]]:
    """Return a learner of the baseline on seeded random images, and one learning rate per batch."""
    steps = _STEPS.get(device.type, _STEPS["cpu"])
    choices, generator = Choices(batch_size=_BATCH), torch.Generator().manual_seed(0)
    size = (_BATCH * steps, 1, _SIDE, _SIDE)
    images = torch.randint(0, 256, size, dtype=torch.uint8, generator=generator)
    labels = torch.randint(0, _CLASSES, size[:1], generator=generator)
    network = build_network(architecture(choices, _SIDE, _SIDE, 1, _CLASSES), seed=0)
    learner = Learner(
        network, DeviceLoader(ImageSet(images, labels), device), choices, device, tunings=tunings
    )
    return learner, [choices.lr_max] * steps
