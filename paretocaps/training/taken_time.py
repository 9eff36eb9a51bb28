"""The time that was taken from a training: its threads waited for a processor, or the host had taken that."""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")
_PERIOD = 0.5  # s between two readings
_NANO = 1e-9
_USES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")  # columns of /proc/stat
_IDLE = ("idle", "iowait")


@dataclass(frozen=True)
class Counters:
    """What a Linux kernel has counted so far.

    Attributes:
        waits: by the number of each thread of this process, the seconds that it was ready to run and had no
            processor.
        stolen: the seconds in which the host of a virtual machine ran something else although a processor
            that this process may use had work; 0 on a machine of its own.
        wanted: the seconds in which these processors had work, the stolen ones included.
    """

    waits: Mapping[int, float]
    stolen: float
    wanted: float


def read_counters(proc: Path = PROC) -> Counters | None:
    """Return the counters of the folder `proc` (`schedstat` and `stat`); None where the kernel has none."""
    try:
        waits = dict(_waits(proc / "self" / "task"))
        stolen, wanted = _stolen((proc / "stat").read_text(), os.sched_getaffinity(0))
    except (AttributeError, OSError, ValueError, IndexError):  # not on Linux, or not readable
        return None
    return Counters(waits, stolen, wanted) if waits else None


def _waits(tasks: Path) -> list[tuple[int, float]]:
    waits = []
    for thread in os.listdir(tasks):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            waits.append((int(thread), _NANO * int((tasks / thread / "schedstat").read_text().split()[1])))
    return waits


def _stolen(stat: str, processors: set[int]) -> tuple[float, float]:
    """Return the stolen seconds of `processors`, and all seconds in which they had work."""
    names = {f"cpu{number}" for number in processors}
    stolen = wanted = 0.0
    for line in stat.splitlines():
        name, *ticks = line.split()
        if name in names:
            seconds = dict(zip(_USES, (int(tick) / os.sysconf("SC_CLK_TCK") for tick in ticks), strict=False))
            stolen += seconds["steal"]
            wanted += sum(seconds.values()) - sum(seconds[idle] for idle in _IDLE)
    return stolen, wanted


@dataclass
class TakenTime:
    """Adds up what was taken from the steps of a training.

    Of the threads, the one that waited longest between two readings counts: the others wait for it.

    Args:
        read: returns the counters so far.
        clock: returns seconds, monotonic.

    Attributes:
        seconds: the seconds that were watched; 0 where the kernel does not tell.
        waited: those in which a thread waited for a processor.
        stolen, wanted: see `Counters`.
    """

    read: Callable[[], Counters | None] = read_counters
    clock: Callable[[], float] = time.perf_counter
    seconds: float = 0.0
    waited: float = 0.0
    stolen: float = 0.0
    wanted: float = 0.0
    _since: tuple[float, Counters] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Begin to watch, unless that has begun: steps follow."""
        if self._since is None and (counters := self.read()) is not None:
            self._since = self.clock(), counters

    def step(self) -> None:
        """Read the counters where that is due: a step has ended."""
        if self._since is not None and self.clock() - self._since[0] >= _PERIOD:
            self.stop()

    def stop(self) -> None:
        """Take in what was counted since `start`: what follows is no step."""
        if self._since is None:
            return
        (began, before), self._since = self._since, None
        after = self.read()
        if after is None:
            return
        self.seconds += self.clock() - began
        self.waited += max(
            (wait - before.waits.get(one, 0.0) for one, wait in after.waits.items()), default=0.0
        )
        self.stolen += max(after.stolen - before.stolen, 0.0)
        self.wanted += max(after.wanted - before.wanted, 0.0)

    @property
    def shares(self) -> tuple[float, float] | None:
        """The shares of the seconds that went by waiting, and that the host took; None if nothing tells."""
        if not self.seconds:
            return None
        return min(self.waited / self.seconds, 1.0), self.stolen / self.wanted if self.wanted else 0.0

    def state(self) -> dict[str, float]:
        """Return the sums so far."""
        return {name: getattr(self, name) for name in ("seconds", "waited", "stolen", "wanted")}

    def restore(self, state: Mapping[str, float]) -> None:
        """Continue from what `state` returned."""
        for name, value in state.items():
            setattr(self, name, value)
