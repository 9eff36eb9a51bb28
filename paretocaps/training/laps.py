"""The laps of a phase: what each epoch is charged, with warming up charged at the median."""

import math
from array import array
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


class Charges:
    """One kind of seconds of laps under the same conditions; the first `warmup` laps pay for warming up.

    A warm-up lap is charged at the median seconds per step of the other laps: dropping it would give
    schedules with many phases free steps, and its measured time would charge them for allocating and
    compiling. While there is no other lap, there is no median: every step is then charged at the seconds per
    step of the fastest lap. A lap that is not typical of the phase is charged as measured and left
    out of the median. So is the epoch's last batch on a GPU, which is smaller and outside the graph; but its
    first lap warms up, too, since libraries then choose how to compute a batch of that size. It is charged at
    the seconds per step of the fastest other one, or else at the median.

    Attributes:
        seconds: the seconds of all laps without the warm-up.
    """

    def __init__(self, warmup: int) -> None:
        self._left = warmup
        self._warming: list[tuple[int, int, float]] = []  # epoch, steps, seconds
        self._settled = array("d")  # seconds per step of each lap; a training at batch 1 has millions of laps
        self._smaller: list[tuple[int, int, float]] = []  # as `_warming`, of smaller batches
        self._smaller_step = math.inf  # the least seconds per step of the other smaller batches
        self._smaller_left = 1
        self._sums: dict[int, float] = {}
        self.seconds = 0.0

    @property
    def settled(self) -> NDArray[np.float64]:
        """The seconds per step of each typical lap, without the warm-up."""
        return np.array(self._settled, dtype=np.float64)

    def add(
        self, epoch: int, steps: int, seconds: float, *, typical: bool = True, smaller: bool = False
    ) -> bool:
        """Add a lap of `steps` steps in `epoch`, of a `smaller` batch or not; return whether it warmed up."""
        if self._left:
            self._left -= 1
            self._warming.append((epoch, steps, seconds))
            return True
        if smaller and self._smaller_left:
            self._smaller_left -= 1
            self._smaller.append((epoch, steps, seconds))
            return True
        if smaller:
            self._smaller_step = min(self._smaller_step, seconds / steps)
        elif typical:
            self._settled.append(seconds / steps)
        self._sums[epoch] = self._sums.get(epoch, 0.0) + seconds
        self.seconds += seconds
        return False

    def state(self) -> dict[str, Any]:
        """Return the laps so far, as plain values and one tensor."""
        settled = torch.from_numpy(self.settled)
        own = {"warming": list(self._warming), "settled": settled, "sums": dict(self._sums)}
        smaller = {"smaller": list(self._smaller), "smaller_step": self._smaller_step}
        return own | smaller | {"seconds": self.seconds}

    def restore(self, state: Mapping[str, Any], warmup: int) -> None:
        """Continue from what `state` returned, with `warmup` laps that pay for warming up again."""
        self._left, self._smaller_left = warmup, 1
        self._warming, self._smaller = (  # versions before 0.2 kept no smaller ones apart
            [(int(epoch), int(steps), float(seconds)) for epoch, steps, seconds in state.get(name, ())]
            for name in ("warming", "smaller")
        )
        self._smaller_step = float(state.get("smaller_step", math.inf))
        self._settled = array("d", state["settled"].tolist())
        self._sums, self.seconds = dict(state["sums"]), state["seconds"]

    def by_epoch(self) -> Iterator[tuple[int, float]]:
        """Yield (epoch, seconds charged), first per warm-up lap, then the sum of each epoch's other laps."""
        if self._settled:
            a_step = float(np.median(np.frombuffer(self._settled)))
        else:
            cold = min((seconds / steps for _, steps, seconds in self._warming), default=0.0)
            a_step = min(cold, self._smaller_step)  # every batch may be smaller than a whole one
        for epoch, steps, _ in self._warming:
            yield epoch, a_step * steps
        a_smaller = self._smaller_step if math.isfinite(self._smaller_step) else a_step or math.inf
        for epoch, steps, seconds in self._smaller:
            yield epoch, min(seconds, steps * a_smaller)
        yield from self._sums.items()


class Phase:
    """Laps under the same conditions (network, batch size).

    Attributes:
        wall: the seconds that passed.
        cpu: the CPU seconds of all threads of the process; None in a training that an older version began,
            which counted none.
        thread: CPU seconds of the thread that took the steps, without the warm-up.
    """

    def __init__(self, warmup: int) -> None:
        self.wall = Charges(warmup)
        self.cpu: Charges | None = Charges(warmup)
        self.thread = 0.0

    def add(
        self,
        epoch: int,
        steps: int,
        seconds: float,
        cpu: float,
        thread: float,
        *,
        typical: bool = True,
        smaller: bool = False,
    ) -> None:
        """Add a lap of `steps` steps in `epoch`; see `Charges`."""
        if not self.wall.add(epoch, steps, seconds, typical=typical, smaller=smaller):
            self.thread += thread
        if self.cpu is not None:
            self.cpu.add(epoch, steps, cpu, typical=typical, smaller=smaller)

    def state(self) -> dict[str, Any]:
        """Return the laps so far, as plain values and tensors."""
        process = None if self.cpu is None else self.cpu.state()
        return self.wall.state() | {"cpu": self.thread, "process": process}

    def restore(self, state: Mapping[str, Any], warmup: int) -> None:
        """Continue from what `state` returned, with `warmup` laps that pay for warming up again."""
        self.wall.restore(state, warmup)
        self.thread, process = state["cpu"], state.get("process")
        self.cpu = None
        if process is not None:
            self.cpu = Charges(warmup)
            self.cpu.restore(process, warmup)
