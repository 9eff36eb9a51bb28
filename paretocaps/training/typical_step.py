"""Times steps of a study's training on random images, by which it is decided how a CPU is split."""

import time
from collections.abc import Callable

import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet
from paretocaps.domain.brought_choices import choices_model
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.trainer import CheckedData
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.schedules.plan import build_plan
from paretocaps.training.device import open_device
from paretocaps.training.learner import Learner

_LEAST_SECONDS = 0.05  # of a measurement; shorter steps are repeated


def typical_step(job: TrainingJob, data: CheckedData) -> Callable[[int, float], float]:
    """Return a function that times steps of `job` (a `TypicalStep`), in its first batch size.

    Raises:
        UsageError: the choices do not fit the images.
    """
    reading = data.reading
    assert reading is not None  # `check_data` always has one
    channels, height, width = reading["shape"]
    classes, choices = len(reading["classes"]), choices_model().model_validate(job.choices)
    batch = min(
        build_plan(choices, reading["train_images"], job.epochs).batch_size(1), reading["train_images"]
    )
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (batch, channels, height, width), dtype=torch.uint8, generator=generator)
    labels = torch.randint(0, classes, (batch,), generator=generator)
    shape = architecture(choices, height, width, channels, classes, pairs=reading.get("pairs", False))
    network = build_network(shape, seed=0)
    if choices.frozen:
        network.freeze_trunk()
    device = open_device(job.device)
    learner = Learner(network, DeviceLoader(ImageSet(images, labels), device), choices, device)

    def seconds(threads: int, share: float) -> float:
        torch.set_num_threads(threads)
        size, taken, began = max(1, round(batch * share)), 0, time.perf_counter()
        while time.perf_counter() - began < _LEAST_SECONDS or not taken:
            learner.train_epoch(1, size, [choices.lr_max])
            taken += 1
        return (time.perf_counter() - began) / taken

    return seconds
