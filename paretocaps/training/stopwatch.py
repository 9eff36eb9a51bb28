"""The one clock: device-synchronised seconds of optimiser steps, warm-up steps charged at the median."""

import time
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from paretocaps.training.disturbance import disturbances


class Phase:
    """Laps under the same conditions (network, batch size); its first `warmup` laps pay for warming up.

    A warm-up lap is charged at the median seconds a step of the phase's other laps: dropping it would
    give schedules with many phases free steps, its face value would charge them for allocating and
    compiling. Until there is another lap, and for a phase without one, there is no median: then every
    step costs what it did in the fastest warm-up lap. A lap that is not typical of the phase (the epoch's
    last batch, smaller and on a GPU outside the graph) is charged at its face value and kept out of the
    median.

    Attributes:
        seconds: of all laps but those of the warm-up.
        cpu: seconds that the thread was running during those.
    """

    def __init__(self, warmup: int) -> None:
        self._left = warmup
        self._warming: list[tuple[int, int, float]] = []  # epoch, steps, seconds
        self._settled = array("d")  # seconds a step, one a lap: a training at batch 1 has millions
        self._sums: dict[int, float] = {}
        self.seconds = self.cpu = 0.0

    @property
    def settled(self) -> NDArray[np.float64]:
        """Seconds a step of each lap, warm-up apart."""
        return np.array(self._settled, dtype=np.float64)

    def add(self, epoch: int, steps: int, seconds: float, cpu: float = 0.0, *, typical: bool = True) -> None:
        """Add a lap of `steps` steps in `epoch`."""
        if self._left:
            self._left -= 1
            self._warming.append((epoch, steps, seconds))
            return
        if typical:
            self._settled.append(seconds / steps)
        self._sums[epoch] = self._sums.get(epoch, 0.0) + seconds
        self.seconds, self.cpu = self.seconds + seconds, self.cpu + cpu

    def state(self) -> dict[str, Any]:
        """Return the laps so far, as plain values and one tensor."""
        settled = torch.from_numpy(self.settled)
        return {"warming": list(self._warming), "settled": settled, "sums": dict(self._sums)} | {
            "seconds": self.seconds,
            "cpu": self.cpu,
        }

    def restore(self, state: Mapping[str, Any], warmup: int) -> None:
        """Go on from what `state` returned, with `warmup` laps that pay for warming up once more."""
        self._left = warmup
        self._warming = [
            (int(epoch), int(steps), float(seconds)) for epoch, steps, seconds in state["warming"]
        ]
        self._settled = array("d", state["settled"].tolist())
        self._sums, self.seconds, self.cpu = dict(state["sums"]), state["seconds"], state["cpu"]

    def charges(self) -> Iterator[tuple[int, float]]:
        """Yield (epoch, seconds charged): the warm-up laps, then the sums of the others."""
        if self._settled:
            a_step = float(np.median(np.frombuffer(self._settled)))
        else:
            a_step = min((seconds / steps for _, steps, seconds in self._warming), default=0.0)
        for epoch, steps, _ in self._warming:
            yield epoch, a_step * steps
        yield from self._sums.items()


class Stopwatch:
    """Measures optimiser steps on a device, and nothing else.

    Evaluation, preparation (gathering and augmenting a batch too) and compilation happen outside `lap`
    and so are never counted.

    Args:
        device: synchronised before each reading of the clock where it is a GPU.
        warmup: laps at the start of each phase that are charged at the phase's median.
        clock: seconds, monotonic.
        cpu_clock: seconds that this thread was running; not read on a GPU.
        waits: whether laps wait for other processes, so that this thread's seconds say nothing.
    """

    def __init__(
        self,
        device: torch.device,
        warmup: int = 1,
        clock: Callable[[], float] = time.perf_counter,
        cpu_clock: Callable[[], float] = time.thread_time,
        waits: bool = False,
    ) -> None:
        self._synchronize: Callable[[], None] = (
            (lambda: torch.cuda.synchronize(device)) if device.type == "cuda" else (lambda: None)
        )
        self._clock = clock
        self._watches_thread = device.type == "cpu" and not waits
        self._cpu_clock: Callable[[], float] = cpu_clock if self._watches_thread else lambda: 0.0
        self._warmup = warmup
        self._phases: list[Phase] = []

    def start_phase(self) -> None:
        """Begin a phase: the next laps run under new conditions (batch size, network)."""
        self._phases.append(Phase(self._warmup))

    @contextmanager
    def lap(self, epoch: int, steps: int = 1, *, typical: bool = True) -> Iterator[None]:
        """Time the enclosed `steps` optimiser steps of `epoch`; are they `typical` of the phase?"""
        self._synchronize()
        begin, begin_cpu = self._clock(), self._cpu_clock()
        yield
        self._synchronize()
        seconds, cpu = self._clock() - begin, self._cpu_clock() - begin_cpu
        self._phases[-1].add(epoch, steps, seconds, cpu, typical=typical)

    def seconds(self) -> dict[int, float]:
        """Return the seconds charged to each epoch so far; later laps of a phase may refine its warm-up."""
        totals: dict[int, float] = {}
        for phase in self._phases:
            for epoch, charged in phase.charges():
                totals[epoch] = totals.get(epoch, 0.0) + charged
        return totals

    def state(self) -> list[dict[str, Any]]:
        """Return the phases so far, for a later process to go on with."""
        return [phase.state() for phase in self._phases]

    def restore(self, state: Sequence[Mapping[str, Any]]) -> None:
        """Go on in the last phase that `state` returned; its next laps warm up once more, in this process."""
        self._phases = [Phase(self._warmup) for _ in state]
        for phase, saved in zip(self._phases, state, strict=True):
            phase.restore(saved, self._warmup)

    def typical_step(self) -> float:
        """Return the median seconds a step of the present phase's typical laps, warm-up apart."""
        return float(np.median(self._phases[-1].settled))

    def disturbances(self) -> tuple[str, ...]:
        """Return why these times are not those of an idle device, a sentence each; none if they are.

        On a GPU the thread's own time says nothing, and only the spread of the step times is looked at.
        """
        cpu = sum(phase.cpu for phase in self._phases)
        laps = [(phase.settled, phase.seconds) for phase in self._phases]
        return disturbances(laps, cpu if self._watches_thread else None)
