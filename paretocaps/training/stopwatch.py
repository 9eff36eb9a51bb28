"""The one clock: device-synchronised seconds of optimiser steps, warm-up steps charged at the median."""

import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch


class Phase:
    """Laps under the same conditions (network, batch size); its first `warmup` laps pay for warming up.

    A warm-up lap is charged at the median seconds a step of the phase's other laps: dropping it would
    give schedules with many phases free steps, its face value would charge them for allocating and
    compiling. Until there is another lap, and for a phase of one lap only, there is no median: face value.
    """

    def __init__(self, warmup: int) -> None:
        self._left = warmup
        self._warming: list[tuple[int, int, float]] = []  # epoch, steps, seconds
        self._settled = array("d")  # seconds a step, one a lap: a training at batch 1 has millions
        self._sums: dict[int, float] = {}

    def add(self, epoch: int, steps: int, seconds: float) -> None:
        """Add a lap of `steps` steps in `epoch`."""
        if self._left:
            self._left -= 1
            self._warming.append((epoch, steps, seconds))
        else:
            self._settled.append(seconds / steps)
            self._sums[epoch] = self._sums.get(epoch, 0.0) + seconds

    def charges(self) -> Iterator[tuple[int, float]]:
        """Yield (epoch, seconds charged): the warm-up laps, then the sums of the others."""
        median = float(np.median(np.frombuffer(self._settled))) if self._settled else None
        for epoch, steps, seconds in self._warming:
            yield epoch, seconds if median is None else median * steps
        yield from self._sums.items()


class Stopwatch:
    """Measures optimiser steps on a device, and nothing else.

    Evaluation, preparation (gathering and augmenting a batch too) and compilation happen outside `lap`
    and so are never counted.

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
        self._phases[-1].add(epoch, steps, self._clock() - begin)

    def seconds(self) -> dict[int, float]:
        """Return the seconds charged to each epoch so far; later laps of a phase may refine its warm-up."""
        totals: dict[int, float] = {}
        for phase in self._phases:
            for epoch, charged in phase.charges():
                totals[epoch] = totals.get(epoch, 0.0) + charged
        return totals
