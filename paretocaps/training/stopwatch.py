"""The one clock: device-synchronised seconds of optimiser steps, warm-up steps charged at the median."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch


@dataclass(frozen=True)
class Lap:
    """Some consecutive optimiser steps: which epoch they belong to, how many, and their seconds."""

    epoch: int
    steps: int
    seconds: float


@dataclass
class Phase:
    """Laps under the same conditions (network, batch size); its first `warmup` laps pay for warming up."""

    warmup: int
    laps: list[Lap] = field(default_factory=list)

    def charges(self) -> Iterator[tuple[int, float]]:
        """Yield (epoch, seconds charged) a lap.

        A warm-up lap is charged at the median seconds a step of the phase's other laps: dropping it
        would give schedules with many phases free steps, its face value would charge them for
        allocating and compiling. A phase with nothing but warm-up laps is charged at face value.
        """
        settled = [lap.seconds / lap.steps for lap in self.laps[self.warmup :]]
        median = statistics.median(settled) if settled else None
        for index, lap in enumerate(self.laps):
            warming = index < self.warmup and median is not None
            yield lap.epoch, median * lap.steps if warming and median is not None else lap.seconds


class Stopwatch:
    """Measures optimiser steps on a device, and nothing else.

    Evaluation, preparation and compilation happen outside `lap` and so are never counted. Gathering
    and augmenting a batch on the device is part of a step.

    Args:
        device: synchronised before each reading of the clock where it is a GPU.
        warmup: laps at the start of each phase that are charged at the phase's median.
        clock: seconds, monotonic.
    """

    def __init__(
        self, device: torch.device, warmup: int = 1, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._synchronize: Callable[[], None] = (
            (lambda: torch.cuda.synchronize(device)) if device.type == "cuda" else (lambda: None)
        )
        self._clock = clock
        self._warmup = warmup
        self._phases: list[Phase] = []

    def start_phase(self) -> None:
        """Begin a phase: the next laps run under new conditions (batch size, network)."""
        self._phases.append(Phase(self._warmup))

    @contextmanager
    def lap(self, epoch: int, steps: int = 1) -> Iterator[None]:
        """Time the enclosed `steps` optimiser steps of `epoch`."""
        self._synchronize()
        begin = self._clock()
        yield
        self._synchronize()
        self._phases[-1].laps.append(Lap(epoch, steps, self._clock() - begin))

    def seconds(self) -> dict[int, float]:
        """Return the seconds charged to each epoch so far; later laps of a phase may refine its warm-up."""
        totals: dict[int, float] = {}
        for phase in self._phases:
            for epoch, charged in phase.charges():
                totals[epoch] = totals.get(epoch, 0.0) + charged
        return totals
