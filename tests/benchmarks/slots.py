"""The groups of `measure.py` about cores as devices of their own, and about threads beside a busy process."""

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from figures import Figure, environment, figure

NETWORKS = ((8, "capsnet"), (28, "lenet5"), (28, "capsnet"))
BATCHES = 128, 16, 1
PAIRS = 20


def slots(folder: Path) -> list[Figure]:
    """Measure what a second thread brings, how a busy neighbour slows a step, and what two slots bring."""
    figures = []
    for side, family in NETWORKS:
        for batch in BATCHES:
            what = f"{family} {side}x{side}, batch {batch}"
            with ExitStack() as started:
                step = (side, family, batch, folder)
                one, other = (
                    started.enter_context(stepping(1, *step, cores=f"{core}", tune="off")) for core in (0, 1)
                )
                both = started.enter_context(stepping(2, *step, cores="0,1", tune="off"))
                rounds = [(one.seconds(), both.seconds(), *together(one, other)) for _ in range(PAIRS)]
            gains = [alone / two for alone, two, _, _ in rounds]
            slowings = [(first + second) / 2 / alone for alone, _, first, second in rounds]
            throughputs = [two * (1 / first + 1 / second) for _, two, first, second in rounds]
            figures += [
                figure(f"{what}: a second thread makes a step faster", gains, "times", ""),
                figure(f"{what}: a busy neighbour makes a step slower", slowings, "times", ""),
                figure(f"{what}: two slots over two threads, steps in a second", throughputs, "times", ""),
            ]
    return figures


def barriers(folder: Path) -> list[Figure]:
    """Measure the speed of two threads over that of one, both tuned, beside a process that spins."""
    figures = []
    for side, family in NETWORKS:
        for batch in BATCHES:
            with ExitStack() as started:
                started.enter_context(spinning())  # first: what is chosen beside it counts
                one = started.enter_context(stepping(1, side, family, batch, folder))
                two = started.enter_context(stepping(2, side, family, batch, folder))
                ratios = [one.seconds() / two.seconds() for _ in range(PAIRS)]
            what = (
                f"{family} {side}x{side}, batch {batch}: speed of two threads ({two.threads} chosen) over one"
            )
            figures.append(figure(f"{what}, beside a spinning process", ratios, "", "at least 0.7"))
            print(what, round(statistics.median(ratios), 2), flush=True)
    return figures


class Stepping:
    """A process that takes steps when it is asked."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.threads = self._line().split()[1]

    def seconds(self) -> float:
        """Return the seconds of a step."""
        self.ask()
        return self.took()

    def ask(self) -> None:
        """Ask for a step."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def took(self) -> float:
        """Return the seconds of the step that was asked for."""
        return float(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def together(one: Stepping, other: Stepping) -> tuple[float, float]:
    """Return the seconds of a step of each of two processes that take steps at once."""
    one.ask()
    other.ask()
    return one.took(), other.took()


@contextmanager
def stepping(
    threads: int, side: int, family: str, batch: int, folder: Path, *, cores: str = "", tune: str = ""
) -> Iterator[Stepping]:
    """Start a process that takes steps, on some cores only if they are named; `tune` is `PARETOCAPS_TUNE`."""
    script = Path(__file__).with_name("stepping.py")
    command = [sys.executable, str(script), str(threads), str(side), family, str(batch)]
    from paretocaps.execution.thread_waiting import wait_briefly

    own = {**environment(), "OMP_NUM_THREADS": str(threads), "PARETOCAPS_CACHE": str(folder / "cache")}
    own["PARETOCAPS_TUNE"] = tune
    wait_briefly(own)
    pinned = ["taskset", "-c", cores, *command] if cores else command
    with subprocess.Popen(
        pinned, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=own
    ) as process:
        try:
            yield Stepping(process)
        finally:
            process.kill()


@contextmanager
def spinning() -> Iterator[None]:
    """Start a process that keeps the first core busy."""
    code = f"import os; os.sched_setaffinity(0, {{{min(os.sched_getaffinity(0))}}})\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        try:
            yield
        finally:
            process.kill()
