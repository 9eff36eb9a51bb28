"""Seconds of a training step, for chosen choices, batches and precisions."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from paretocaps.bench.textbook import check_textbook, textbook_step
from paretocaps.data.images import ImageSet
from paretocaps.data.loader import DeviceLoader
from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import Architecture, architecture
from paretocaps.models.build import build_network
from paretocaps.models.complexity import multiply_adds
from paretocaps.models.pruning.target import pruned
from paretocaps.training.device import describe_device, open_device
from paretocaps.training.learner import Learner

_WARMUP = 2
_FLOPS_A_MULTIPLY_ADD = 2
_BACKWARD = 3  # a training step costs about three forward passes
_PEAK_SIDE = 2048
Step = Callable[[], object]


@dataclass(frozen=True)
class BenchRow:
    """One measured case.

    Attributes:
        batch: images a step.
        precision: "fp32" or "bf16", as it was used.
        device: its name.
        step_s: median seconds of a step.
        step_s_min, step_s_max: the spread.
        steps: how many were timed.
        images_s: images a second.
        flops_share: share of the device's measured peak that a step's arithmetic reaches.
        peak_bytes: peak bytes of training with this batch.
        ratio: seconds of the other network's step over ours, where there is one.
    """

    batch: int
    precision: str
    device: str
    step_s: float
    step_s_min: float
    step_s_max: float
    steps: int
    images_s: float
    flops_share: float
    peak_bytes: int
    ratio: float | None


def benchmark(
    choices: Choices,
    shape: tuple[int, int, int],
    classes: int,
    batches: Sequence[int],
    precisions: Sequence[str],
    device: str = "cpu",
    steps: int = 10,
    against_textbook: bool = False,
) -> list[BenchRow]:
    """Time training steps on random images; one row a batch size and precision.

    Both networks' steps are taken in turn, so that whatever else the machine does meets both.

    Args:
        choices: what is trained; its batch size and precision are replaced.
        shape: height, width and channels of an image.
        classes: how many.
        batches: batch sizes.
        precisions: "auto", "fp32", "bf16".
        device: "cpu", "cuda", "cuda:1".
        steps: steps to time, after two that warm up.
        against_textbook: time the plain float32 network too (`bench.textbook`).

    Raises:
        UsageError: a device that is not there; images or choices that cannot be.
    """
    place = open_device(device)
    network = pruned(architecture(choices, *shape, classes), choices.pruning_ratio)
    if against_textbook:
        check_textbook(network)
    return [
        _case(network, choices, batch, precision, place, steps, against_textbook)
        for batch in batches
        for precision in precisions
    ]


def _case(
    network: Architecture,
    choices: Choices,
    batch: int,
    precision: str,
    device: torch.device,
    steps: int,
    against_textbook: bool,
) -> BenchRow:
    images, labels = _random_batch(network, batch)
    loader = DeviceLoader(ImageSet(images, labels), device)
    ready = next(loader.ordered(batch))
    chosen = choices.model_copy(update={"precision": precision})
    learner = Learner(build_network(network, 0), loader, chosen, device)
    learner.train_epoch(1, batch, [chosen.lr_max])
    ours: Step = lambda: learner.step(*ready, chosen.lr_max)  # noqa: E731
    timed = [ours, textbook_step(network, *ready)] if against_textbook else [ours]
    seconds = alternate(timed, steps, device)
    median = [statistics.median(taken) for taken in seconds]
    flops = _FLOPS_A_MULTIPLY_ADD * _BACKWARD * multiply_adds(network) * batch
    return BenchRow(
        batch=batch,
        precision={torch.float32: "fp32", torch.bfloat16: "bf16"}[learner.dtype],
        device=describe_device(device).name,
        step_s=median[0],
        step_s_min=min(seconds[0]),
        step_s_max=max(seconds[0]),
        steps=steps,
        images_s=batch / median[0],
        flops_share=flops / median[0] / peak_flops(device, learner.dtype),
        peak_bytes=learner.peak_bytes,
        ratio=median[1] / median[0] if against_textbook else None,
    )


def alternate(timed: Sequence[Step], steps: int, device: torch.device) -> list[list[float]]:
    """Return the seconds of `steps` calls of each function, taken in turn after two that warm up."""
    seconds: list[list[float]] = [[] for _ in timed]
    for turn in range(_WARMUP + steps):
        for taken, call in zip(seconds, timed, strict=True):
            _synchronize(device)
            begin = time.perf_counter()
            call()
            _synchronize(device)
            if turn >= _WARMUP:
                taken.append(time.perf_counter() - begin)
    return seconds


def peak_flops(device: torch.device, dtype: torch.dtype) -> float:
    """Return the floating-point operations a second of a large matrix product, the best of five."""
    left = torch.rand(_PEAK_SIDE, _PEAK_SIDE, device=device).to(dtype)
    (seconds,) = alternate([lambda: left @ left], 5, device)
    return float(2 * _PEAK_SIDE**3 / min(seconds))


def _random_batch(network: Architecture, batch: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    size = (batch, network.channels, network.height, network.width)
    images = torch.randint(256, size, dtype=torch.uint8, generator=generator)
    return images, torch.randint(network.classes, (batch,), generator=generator)


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
