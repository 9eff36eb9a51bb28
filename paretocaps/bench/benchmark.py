"""Times training steps for given choices, batch sizes and precisions."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import truediv

import torch

from paretocaps.bench.peak import peak_flops
from paretocaps.bench.textbook import check_textbook, textbook_step
from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet
from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import Architecture, architecture
from paretocaps.models.build import build_network
from paretocaps.models.complexity import training_flops
from paretocaps.models.pruning.target import pruned_by
from paretocaps.models.starting import starting_architecture
from paretocaps.training.device import describe_device, open_device
from paretocaps.training.kept_tunings import KeptTunings
from paretocaps.training.learner import Learner
from paretocaps.training.precision import whole_float32

_WARMUP = 2
_CUDA_IMAGES = 4096  # images per turn on a GPU: many steps between two synchronisations, as in a training
_CUDA_STEPS = (20, 500)
_PRECISIONS = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}
Turn = Callable[[], float]
"""A function that takes some steps and returns the seconds per step."""


@dataclass(frozen=True)
class BenchRow:
    """One measured case.

    Attributes:
        batch: images per forward pass, which is also per step unless gradients are accumulated.
        precision: the arithmetic that was used: "fp32", "bf16", "fp16", or on a GPU "tf32".
        device: the device's name.
        step_s: median seconds per step.
        step_s_min, step_s_max: the least and the most seconds per step.
        cpu_s: median CPU seconds of all threads per step; None on a GPU.
        steps: how many turns were timed.
        epoch_s: seconds of an epoch's steps, measured on a GPU, else computed from `step_s`.
        images_s: images per second.
        flops_share: the share of the device's measured peak that a step reaches, counting the operations of
            the plain algorithm; an implementation that needs fewer can exceed 1.
        peak_bytes: peak bytes of training with this batch.
        tuning: the ways in which the step's products were computed, in a line.
        loaded: whether the clock found the device disturbed.
        against: the name of the network that ours is compared with; None without comparison.
        ratio: the other network's seconds over ours, the median over the turns: per step or, where steps
            differ in images, per image.
        ratio_min, ratio_max: the least and the greatest ratio of a turn.
        cpu_ratio: the other network's CPU seconds over ours, the median over the turns: other programs that
            use the processor change it less than the ratio.
    """

    batch: int
    precision: str
    device: str
    step_s: float
    step_s_min: float
    step_s_max: float
    steps: int
    epoch_s: float
    images_s: float
    flops_share: float
    peak_bytes: int
    tuning: str
    loaded: bool
    against: str | None = None
    ratio: float | None = None
    ratio_min: float | None = None
    ratio_max: float | None = None
    cpu_s: float | None = None
    cpu_ratio: float | None = None


@dataclass(frozen=True)
class Case:
    """A training on random images to be timed.

    Attributes:
        choices: the choices, including batch size and precision.
        shape: height, width and channels of an image.
        classes: how many classes there are.
        images: images per epoch.
    """

    choices: Choices
    shape: tuple[int, int, int] = (28, 28, 1)
    classes: int = 10
    images: int = 60_000

    @property
    def step_images(self) -> int:
        """Images per optimiser step."""
        return self.choices.batch_size * self.choices.accumulate

    @property
    def architecture(self) -> Architecture:
        """The architecture of the network, pruned by the choices."""
        whole = starting_architecture(architecture(self.choices, *self.shape, self.classes), self.choices)
        return pruned_by(whole, self.choices)


def benchmark(
    case: Case, device: str = "cpu", turns: int = 10, against: str | None = None, other: Case | None = None
) -> BenchRow:
    """Time training steps on random images.

    With a yardstick, both networks take turns alternately, so that any other load on the machine affects
    both, and the ratio is the median of the turns' ratios.

    Args:
        case: the training to time.
        device: "cpu", "cuda" or "cuda:1".
        turns: how many turns are timed, after two that warm up; a turn is one step on a CPU, and dozens of
            steps on a GPU.
        against: the name of the yardstick; None without one.
        other: the yardstick's case; None for the plain float32 network (`bench.textbook`).

    Raises:
        UsageError: there is no such device, images or choices are not possible, or the plain network is the
            yardstick of a network that it does not equal.
    """
    place = open_device(device)
    if against is not None and other is None:
        check_textbook(case.architecture)
    learner = _learner(case, place)
    counted = [CountedTurn(_turn(learner, case), learner)]
    if against is not None and other is None:
        counted.append(CountedTurn(textbook_turn(case, place)))
    elif against is not None and other is not None:
        counted.append(CountedTurn(_turn(theirs := _learner(other, place), other), theirs))
    seconds = alternate(counted, turns)
    # where steps are of other numbers of images, as with accumulate, seconds per image compare
    images = case.step_images / (case if other is None else other).step_images
    ratios = sorted(images * b / a for a, b in zip(seconds[0], seconds[-1], strict=True))
    own_cpu, their_cpu = (one.cpu[-turns:] for one in (counted[0], counted[-1]))
    on_cpu, cpu_ratio = place.type == "cpu", None
    if against and on_cpu:
        cpu_ratio = images * statistics.median(map(truediv, their_cpu, own_cpu))
    batch, step = case.step_images, statistics.median(seconds[0])
    flops = training_flops(case.architecture, frozen=case.choices.frozen)
    return BenchRow(
        batch=case.choices.batch_size,
        precision=_precision(learner),
        device=describe_device(place).name,
        step_s=step,
        step_s_min=min(seconds[0]),
        step_s_max=max(seconds[0]),
        steps=turns,
        epoch_s=_epoch_seconds(case, place) or step * -(-case.images // batch),
        images_s=batch / step,
        flops_share=batch * flops / step / peak_flops(place, learner.dtype),
        peak_bytes=learner.peak_bytes,
        tuning=str(learner.tuning),
        loaded=bool(learner.stopwatch.disturbances()),
        against=against,
        ratio=statistics.median(ratios) if against else None,
        ratio_min=ratios[0] if against else None,
        ratio_max=ratios[-1] if against else None,
        cpu_s=statistics.median(own_cpu) if on_cpu else None,
        cpu_ratio=cpu_ratio,
    )


@dataclass
class CountedTurn:
    """A turn that is called as such, and the CPU seconds of all threads in each call, by its learner's clock.

    Without a learner, and on a GPU, they are those of the whole call.
    """

    turn: Turn
    learner: Learner | None = None
    cpu: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        """Take the turn; return its seconds per step."""
        began = time.process_time()
        seconds = self.turn()
        whole = time.process_time() - began
        charged = None if self.learner is None else self.learner.stopwatch.cpu_seconds()
        self.cpu.append(charged[max(charged)] if charged else whole)
        return seconds


def _precision(learner: Learner) -> str:
    name = _PRECISIONS[learner.dtype]
    return "tf32" if name == "fp32" and learner.device.type == "cuda" else name


def _epoch_seconds(case: Case, device: torch.device) -> float | None:
    """Return the seconds of the second of two whole epochs; None on a CPU, where that would take minutes."""
    if device.type != "cuda":
        return None
    learner = _learner(case, device, case.images)
    turn = _turn(learner, case)
    turn()
    return turn() * learner.loader.steps(case.step_images)


def environment(device: str) -> dict[str, object]:
    """Return the conditions of a measurement: device, torch version, date and the machine's present load."""
    place = describe_device(open_device(device))
    load = round(os.getloadavg()[0], 2)
    return {"device": place.name, "torch": place.torch, "date": date.today().isoformat(), "load": load}


def alternate(timed: Sequence[Turn], turns: int) -> list[list[float]]:
    """Return what each function returns in `turns` alternating turns, after two turns that warm up."""
    seconds: list[list[float]] = [[] for _ in timed]
    for turn in range(_WARMUP + turns):
        for taken, call in zip(seconds, timed, strict=True):
            found = call()
            if turn >= _WARMUP:
                taken.append(found)
    return seconds


def _steps_a_turn(device: torch.device, batch: int) -> int:
    fewest, most = _CUDA_STEPS
    return min(max(_CUDA_IMAGES // batch, fewest), most) if device.type == "cuda" else 1


def turn_of(case: Case, device: torch.device | None = None) -> Turn:
    """Return a function that trains a short epoch and returns the training clock's seconds per step."""
    return _turn(_learner(case, device or torch.device("cpu")), case)


def textbook_turn(case: Case, device: torch.device) -> Turn:
    """Return a function that trains the plain float32 network and returns the seconds per step."""
    batch = case.step_images
    images, labels = random_images(case.architecture, batch)
    ready = next(DeviceLoader(ImageSet(images, labels), device).ordered(batch))
    step, steps = textbook_step(case.architecture, *ready), _steps_a_turn(device, batch)

    def turn() -> float:
        _synchronize(device)
        begin = time.perf_counter()
        with whole_float32(device):
            for _ in range(steps):
                step()
        _synchronize(device)
        return (time.perf_counter() - begin) / steps

    return turn


def _learner(case: Case, device: torch.device, count: int | None = None) -> Learner:
    batch = case.step_images
    images, labels = random_images(case.architecture, count or batch * _steps_a_turn(device, batch))
    loader = DeviceLoader(ImageSet(images, labels), device)
    network = build_network(case.architecture, 0)
    if case.choices.frozen:
        network.freeze_trunk()
    return Learner(network, loader, case.choices, device, tunings=KeptTunings.always_measured())


def _turn(learner: Learner, case: Case) -> Turn:
    batch = case.choices.batch_size
    rates = [case.choices.lr_max] * learner.loader.steps(case.step_images)
    epoch = 0

    def turn() -> float:
        nonlocal epoch
        epoch += 1
        learner.train_epoch(epoch, batch, rates)
        return learner.stopwatch.seconds()[epoch] / len(rates)

    return turn


def random_images(network: Architecture, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return `count` images of noise, uint8 [N, C, H, W], and labels [N], the same in every call."""
    generator = torch.Generator().manual_seed(0)
    size = (count, network.channels, network.height, network.width)
    images = torch.randint(256, size, dtype=torch.uint8, generator=generator)
    return images, torch.randint(network.classes, (count,), generator=generator)


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
