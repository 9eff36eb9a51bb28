"""The only clock: device-synchronised seconds of training, with warm-up charged at the median."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from paretocaps.training.disturbance import Taken, disturbances
from paretocaps.training.laps import Charges, Phase
from paretocaps.training.taken_time import TakenTime


class Stopwatch:
    """Measures optimiser steps on a device, the passes for a frozen trunk's features, and nothing else.

    The pass of a batch is a lap of one step, in a phase of its own. Evaluation, preparation (gathering and
    augmenting batches included) and compilation happen outside `lap`, so they are never counted.

    Args:
        device: the device; a GPU is synchronised before each reading of the clock.
        warmup: laps at the start of each phase that are charged at the phase's median.
        clock: returns seconds, monotonic.
        cpu_clock: returns CPU seconds of all threads of this process.
        thread_clock: returns CPU seconds of this thread.
        waits: whether laps wait for other processes, which makes this thread's CPU seconds meaningless.
        taken: adds up what is taken from the steps; it is not asked on a GPU.
    """

    def __init__(
        self,
        device: torch.device,
        warmup: int = 1,
        clock: Callable[[], float] = time.perf_counter,
        cpu_clock: Callable[[], float] = time.process_time,
        thread_clock: Callable[[], float] = time.thread_time,
        waits: bool = False,
        taken: TakenTime | None = None,
    ) -> None:
        self._synchronize: Callable[[], None] = (
            (lambda: torch.cuda.synchronize(device)) if device.type == "cuda" else (lambda: None)
        )
        self._clock, self._cpu_clock, self._thread_clock = clock, cpu_clock, thread_clock
        self._on_cpu, self._waits = device.type == "cpu", waits
        self._taken = TakenTime() if taken is None else taken
        self._warmup = warmup
        self._phases: list[Phase] = []

    def start_phase(self) -> None:
        """Begin a phase: the next laps run under new conditions (batch size, network)."""
        self._phases.append(Phase(self._warmup))

    @contextmanager
    def lap(
        self, epoch: int, steps: int = 1, *, typical: bool = True, smaller: bool = False
    ) -> Iterator[None]:
        """Time the enclosed `steps` optimiser steps of `epoch`.

        They are `typical` of the phase, or not; steps on a `smaller` batch are charged by each other.
        """
        if self._on_cpu:
            self._taken.start()
        self._synchronize()
        begin = self._clock(), self._cpu_clock(), self._thread_clock()
        yield
        self._synchronize()
        end = self._clock(), self._cpu_clock(), self._thread_clock()
        wall, cpu, thread = (after - before for before, after in zip(begin, end, strict=True))
        self._phases[-1].add(epoch, steps, wall, cpu, thread, typical=typical, smaller=smaller)
        self._taken.step()

    def pause(self) -> None:
        """Say that no lap follows soon: what the machine does until the next one takes nothing from them."""
        self._taken.stop()

    def seconds(self) -> dict[int, float]:
        """Return the seconds charged to each epoch so far; later laps of a phase may refine its warm-up."""
        return _by_epoch(phase.wall for phase in self._phases)

    def cpu_seconds(self) -> dict[int, float] | None:
        """Return the CPU seconds of all threads of the process that are charged to each epoch so far.

        The result is None on a GPU, where the process only waits, and for a training that a version without
        this count began.
        """
        counted = [phase.cpu for phase in self._phases if phase.cpu is not None]
        return _by_epoch(counted) if self._on_cpu and len(counted) == len(self._phases) else None

    def state(self) -> dict[str, Any]:
        """Return the phases so far, from which a later process can continue."""
        self._taken.stop()
        return {"phases": [phase.state() for phase in self._phases], "taken": self._taken.state()}

    def restore(self, state: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Continue in the last phase of what `state` returned; the next laps warm up this new process.

        Older versions returned the phases alone.
        """
        whole: Mapping[str, Any] = state if isinstance(state, Mapping) else {"phases": state, "taken": {}}
        self._taken.restore(whole["taken"])
        self._phases = [Phase(self._warmup) for _ in whole["phases"]]
        for phase, saved in zip(self._phases, whole["phases"], strict=True):
            phase.restore(saved, self._warmup)

    def typical_step(self) -> float:
        """Return the median seconds per step of the present phase's typical laps, without the warm-up."""
        return float(np.median(self._phases[-1].wall.settled))

    def taken(self) -> Taken | None:
        """Return what was taken from the steps; None where nothing tells.

        On a GPU only the spread of the step times tells: there the process waits for the device.
        """
        self._taken.stop()
        if not self._on_cpu:
            return None
        if (shares := self._taken.shares) is not None:
            return Taken(*shares)
        wall = sum(phase.wall.seconds for phase in self._phases)
        if self._waits or not wall:
            return None
        return Taken(max(1 - sum(phase.thread for phase in self._phases) / wall, 0.0), told=False)

    def disturbances(self) -> tuple[str, ...]:
        """Return why these times are not those of an idle device, one sentence per reason."""
        return disturbances(
            [(phase.wall.settled, phase.wall.seconds) for phase in self._phases], self.taken()
        )


def _by_epoch(charged: Iterable[Charges]) -> dict[int, float]:
    totals: dict[int, float] = {}
    for phase in charged:
        for epoch, seconds in phase.by_epoch():
            totals[epoch] = totals.get(epoch, 0.0) + seconds
    return totals
