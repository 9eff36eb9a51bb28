"""The jobs that a driver has in training, which are served also while the database cannot be used."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord
from paretocaps.domain.progress import WithProgress
from paretocaps.domain.tuning import Tuning
from paretocaps.errors import UnavailableError
from paretocaps.execution.executor import Executor, Outcome
from paretocaps.run_folder import RunFolder
from paretocaps.search.interrupts import Interrupts
from paretocaps.search.observer import Observer
from paretocaps.search.stopping.stopping import Stopping
from paretocaps.search.study_tunings import StudyTunings
from paretocaps.storage.store import Store

_LISTEN = 0.5  # s; after so long, the epochs that were heard are stored
_OVERDUE = 5.0  # s; an executor that trains in this process lets nothing be stored between epochs
_TUNED = 10.0  # s; how long a training waits before it takes a tuning that its study may not keep


@dataclass
class Jobs:
    """Submits jobs to an executor, and keeps what is heard of them until it can be stored.

    An executor's callbacks queue what they hear, and answer from memory, so a worker has its answer at once.
    While an operation waits for the database (`riding`), the executor is served, and outcomes wait for their
    turn.

    Args:
        executor: trains the jobs; the caller enters and exits its context.
        store: gets the epochs.
        observer, interrupts: see `Runner`.
        tunings: keep what trainings measure.
        stopping: decides after each epoch whether a training goes on.
    """

    executor: Executor
    store: Store
    observer: Observer
    interrupts: Interrupts
    tunings: StudyTunings
    stopping: Stopping
    in_flight: int = 0
    _ended: deque[Outcome] = field(default_factory=deque)
    _epochs: deque[tuple[AttemptKey, EpochRecord]] = field(default_factory=deque)
    _stored: float = field(init=False)
    _serving: bool = False
    _riding: bool = False

    def __post_init__(self) -> None:
        self._stored = time.monotonic()

    def submit(self, job: TrainingJob) -> None:
        """Hand a job to the executor."""
        self.executor.submit(job)
        self.in_flight += 1

    def ended(self) -> Iterator[Outcome]:
        """Serve the executor for a moment, store the epochs that it heard, and yield the jobs that ended."""
        if not self._ended:
            self._serve(_LISTEN)
        self.store_epochs()
        while self._ended:
            self.store_epochs()  # of a job that ended while the outcome before was stored
            yield self._ended[0]
            self._ended.popleft()  # only now: if it cannot be stored, `abort` keeps it
            self.in_flight -= 1

    def store_epochs(self) -> None:
        """Store the epochs that were heard.

        Raises:
            UnavailableError: the database could not be used; they are kept for the next call.
        """
        heard = list(self._epochs)
        if heard:
            self.store.record_epochs(heard)
        for _ in heard:
            self._epochs.popleft()
        self._stored = time.monotonic()

    def abort(self) -> None:
        """End the running jobs at once; they have no outcome.

        Measurements that could not be stored are left in their folders, where the next run finds them.
        """
        self.executor.abort()
        for outcome in self._ended:
            folder = RunFolder(outcome.job.folder)
            if outcome.measurement is not None and not folder.measurement_file.exists():
                with suppress(OSError):
                    folder.write_result(outcome.measurement)
        self.in_flight = 0

    @contextmanager
    def riding(self) -> Iterator[None]:
        """Let the store's patience serve the executor inside a `with` block, instead of sleeping."""
        before, self.store.patience.pause = self.store.patience.pause, self._pause
        try:
            yield
        finally:
            self.store.patience.pause = before

    def _pause(self, seconds: float) -> None:
        self._riding = True
        try:
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0:
                self.interrupts.check()
                # without jobs it would return at once, and so from inside one of its own callbacks
                if self._serving or self.in_flight == len(self._ended):
                    time.sleep(left)
                else:
                    self._serve(left)
        finally:
            self._riding = False

    def _serve(self, seconds: float) -> None:
        self._serving = True
        try:
            heard = WithProgress(self.on_epoch, self.on_progress, self._on_tuned)
            self._ended.extend(self.executor.wait(heard, seconds))
        finally:
            self._serving = False

    def on_epoch(self, job: TrainingJob, record: EpochRecord, *, timed: bool = True) -> bool:
        """Take in an epoch of a job, and return whether the job continues; see `Interrupts.check`."""
        self.interrupts.check(timed=timed)
        self._epochs.append((job.key, record))
        self.observer.epoch(job, record)
        if not self._riding and time.monotonic() - self._stored > _OVERDUE:
            self._stored = time.monotonic()
            with suppress(UnavailableError), self.store.patience.of(0):
                self.store_epochs()
        return self.stopping.answer(job, record, reachable=not self._riding)

    def _on_tuned(self, job: TrainingJob, device: str, key: str, tuning: Tuning) -> Tuning:
        """Return the tuning that the study keeps; while the database is away, it keeps none.

        The training has not begun, so it may wait for other drivers that write.
        """
        self.interrupts.check()
        if not self._riding:
            with suppress(UnavailableError), self.store.patience.of(_TUNED):
                return self.tunings.keep(device, key, tuning)
        self.observer.notice(
            f"trial {job.trial} takes the tuning that it measured: the database is not there to ask"
        )
        return tuning

    def on_progress(self, job: TrainingJob, what: str, done: int, total: int) -> None:
        """Show how far a job is."""
        self.interrupts.check()
        self.observer.progress(job, what, done, total)
