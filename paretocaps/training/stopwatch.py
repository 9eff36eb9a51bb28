"""The only clock: device-synchronised seconds of training, with warm-up charged at the median."""

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

    A warm-up lap is charged at the median seconds per step of the phase's other laps: dropping it would
    give schedules with many phases free steps, and its measured time would charge them for allocating and
    compiling. While there is no other lap, there is no median: every step is then charged at the seconds per
    step of the fastest warm-up lap. A lap that is not typical of the phase (the epoch's last batch, which is
    smaller, and on a GPU outside the graph) is charged as measured and excluded from the median.

    Attributes:
        seconds: the seconds of all laps without the warm-up.
        cpu: CPU seconds of the thread during these laps.
    """

    def __init__(self, warmup: int) -> None:
        self._left = warmup
        self._warming: list[tuple[int, int, float]] = []  # epoch, steps, seconds
        self._settled = array("d")  # seconds per step of each lap; a training at batch 1 has millions of laps
        self._sums: dict[int, float] = {}
        self.seconds = self.cpu = 0.0

    @property
    def settled(self) -> NDArray[np.float64]:
        """The seconds per step of each typical lap, without the warm-up."""
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
        """Continue from what `state` returned, with `warmup` laps that pay for warming up again."""
        self._left = warmup
        self._warming = [
            (int(epoch), int(steps), float(seconds)) for epoch, steps, seconds in state["warming"]
        ]
        self._settled = array("d", state["settled"].tolist())
        self._sums, self.seconds, self.cpu = dict(state["sums"]), state["seconds"], state["cpu"]

    def charges(self) -> Iterator[tuple[int, float]]:
        """Yield (epoch, seconds charged), first per warm-up lap, then the sum of each epoch's other laps."""
        if self._settled:
            a_step = float(np.median(np.frombuffer(self._settled)))
        else:
            a_step = min((seconds / steps for _, steps, seconds in self._warming), default=0.0)
        for epoch, steps, _ in self._warming:
            yield epoch, a_step * steps
        yield from self._sums.items()


class Stopwatch:
    """Measures optimiser steps on a device, the passes for a frozen trunk's features, and nothing else.

    The pass of a batch is a lap of one step, in a phase of its own. Evaluation, preparation (gathering and
    augmenting batches included) and compilation happen outside `lap`, so they are never counted.

    Args:
        device: the device; a GPU is synchronised before each reading of the clock.
        warmup: laps at the start of each phase that are charged at the phase's median.
        clock: returns seconds, monotonic.
        cpu_clock: returns CPU seconds of this thread; it is not read on a GPU.
        waits: whether laps wait for other processes, which makes this thread's CPU seconds meaningless.
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
        """Time the enclosed `steps` optimiser steps of `epoch`, which are `typical` of the phase or not."""
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
        """Return the phases so far, from which a later process can continue."""
        return [phase.state() for phase in self._phases]

    def restore(self, state: Sequence[Mapping[str, Any]]) -> None:
        """Continue in the last phase of what `state` returned; the next laps warm up this new process."""
        self._phases = [Phase(self._warmup) for _ in state]
        for phase, saved in zip(self._phases, state, strict=True):
            phase.restore(saved, self._warmup)

    def typical_step(self) -> float:
        """Return the median seconds per step of the present phase's typical laps, without the warm-up."""
        return float(np.median(self._phases[-1].settled))

    def disturbances(self) -> tuple[str, ...]:
        """Return why these times are not those of an idle device, one sentence per reason.

        On a GPU only the spread of the step times is checked: the thread's CPU seconds mean nothing there.
        """
        cpu = sum(phase.cpu for phase in self._phases)
        laps = [(phase.settled, phase.seconds) for phase in self._phases]
        return disturbances(laps, cpu if self._watches_thread else None)
