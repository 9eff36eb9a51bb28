"""Finds out whether a CPU is split into slots of one core: times a typical step on one core, and on more."""

import selectors
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any, NamedTuple

from paretocaps.cores import one_of_each_core
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.trainer import CheckedData
from paretocaps.errors import TrainingError
from paretocaps.execution.worker_process import WorkerProcess, end, last_line
from paretocaps.run_folder import RunFolder

LEAST_GAIN = 1.2
"""How many times as fast a second thread must make a step, or cores are devices of their own."""

MOST_SLOWING = 1.1
"""How many times as slow busy neighbours may make a step where each core is a device of its own."""

_MODULE = "paretocaps.execution.core_probe_process"
_SHARES = (1 / 8, 1.0)  # of a batch: studies have small batches too, which take more of their time
_ROUNDS = 5
_LONGEST = 2.0  # s; further rounds are left out then
_LOOKS = 0.1  # s between two looks whether to go on
_ANSWERS = 600.0  # s in which a process has to answer


class Took(NamedTuple):
    """The seconds of a step, and the CPU seconds of all its threads."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Found:
    """What was measured.

    Attributes:
        gain: how many times as fast a second thread makes steps.
        slowing: how many times as slow busy neighbours make a step of one thread, in CPU seconds, which what
            else runs on the machine changes little; None where it was not asked.
    """

    gain: float
    slowing: float | None = None

    @property
    def splits(self) -> bool:
        """Whether each core is to be a slot."""
        return self.gain < LEAST_GAIN and self.slowing is not None and self.slowing <= MOST_SLOWING

    def __str__(self) -> str:
        gain = f"with a second thread a step is {self.gain:.2f} times as fast"
        if self.slowing is None:
            return gain
        return f"{gain}, and beside busy neighbours it takes {self.slowing:.2f} times as long"


def probe_cores(job: TrainingJob, data: CheckedData, check: Callable[[], None]) -> Found:
    """Time typical steps of `job` on one core, on two, and on one beside busy neighbours.

    Args:
        job: a job on the CPU, whose trainer has a `TypicalStep`; the processes log to its folder.
        data: what the trainer found in its data.
        check: is called now and then; what it raises ends the measurement.

    Raises:
        TrainingError: the trainer failed.
        OSError: a process cannot be started.
    """
    cores = one_of_each_core()
    with ExitStack() as started:

        def start(some: Sequence[int]) -> list[_Process]:
            made = [started.enter_context(_started(job, data, core, check)) for core in some]
            for process in made:
                process.prepared()
            return made

        first, second = start(cores[:2])
        gain = _gain(first, cores[:2])
        if gain >= LEAST_GAIN:
            return Found(gain)
        each = [first, second, *start(cores[2:])]

        def together() -> Took:
            for process, core in zip(each, cores, strict=True):
                process.ask((core,))
            return Took(0.0, median(process.took().cpu for process in each))

        rounds = _alternating(together, partial(first.step, cores[:1]))
        return Found(gain, min(beside.cpu for beside, _ in rounds) / min(alone.cpu for _, alone in rounds))


def _gain(process: "_Process", cores: Sequence[int]) -> float:
    """Return how many times as fast a second thread makes steps, over as many images in each of `_SHARES`.

    More images gain more: where few gain enough, no others are looked at.
    """
    one = two = 0.0
    for share in _SHARES:
        rounds = _alternating(partial(process.step, cores[:1], share), partial(process.step, cores, share))
        one += median(alone.cpu for alone, _ in rounds) / share
        two += median(_undisturbed(alone, both) for alone, both in rounds) / share
        if one / two >= LEAST_GAIN:
            break
    return one / two


def _undisturbed(alone: Took, both: Took) -> float:
    """Return about how many seconds two threads take where nothing else runs.

    Something else that runs takes its share of one thread, too, and two threads do no more than they run.
    """
    return max(both.wall * min(1.0, alone.cpu / alone.wall), both.cpu / 2)


def _alternating(one: Callable[[], Took], other: Callable[[], Took]) -> list[tuple[Took, Took]]:
    """Return several of two measurements, which alternate; the first of each only warms up."""
    one(), other()
    pairs: list[tuple[Took, Took]] = []
    began = time.monotonic()
    while not pairs or (len(pairs) < _ROUNDS and time.monotonic() - began < _LONGEST):
        pairs.append((one(), other()))
    return pairs


class _Process:
    def __init__(self, worker: WorkerProcess, folder: RunFolder, check: Callable[[], None]) -> None:
        self._worker, self._folder, self._check = worker, folder, check

    def prepare(self, job: TrainingJob, data: CheckedData, core: int) -> None:
        sent = job.model_dump(mode="json")
        self._worker.send("prepare", job=sent, reading=data.reading, facts=dict(data.facts), cores=[core])

    def prepared(self) -> None:
        self._answer("prepared")

    def step(self, cores: Sequence[int], share: float = 1.0) -> Took:
        self.ask(cores, share)
        return self.took()

    def ask(self, cores: Sequence[int], share: float = 1.0) -> None:
        self._worker.send("step", threads=len(cores), cores=list(cores), share=share)

    def took(self) -> Took:
        answer = self._answer("took")
        return Took(float(answer["seconds"]), float(answer["cpu"]))

    def _answer(self, kind: str) -> dict[str, Any]:
        deadline = time.monotonic() + _ANSWERS
        with selectors.DefaultSelector() as selector:
            selector.register(self._worker, selectors.EVENT_READ)
            while time.monotonic() < deadline:
                while self._worker.inbox:
                    message = self._worker.inbox.popleft()
                    if message["kind"] == kind:
                        return message
                    if message["kind"] == "failed":
                        raise TrainingError(message["reason"])
                if self._worker.ended:
                    raise TrainingError(f"the process ended: {last_line(self._folder.log)}")
                self._check()
                selector.select(_LOOKS)
                self._worker.read()
        raise TrainingError(f"nothing was heard for {_ANSWERS:.0f} s")


@contextmanager
def _started(job: TrainingJob, data: CheckedData, core: int, check: Callable[[], None]) -> Iterator[_Process]:
    folder = RunFolder(job.folder / str(core))
    worker = WorkerProcess(folder, 1, _MODULE)
    try:
        process = _Process(worker, folder, check)
        process.prepare(job, data, core)
        yield process
    finally:
        end([worker], patience=0.0)
