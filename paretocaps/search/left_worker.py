"""A worker whose driver has ended: it finishes its training, and whoever took over the trial waits for it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from paretocaps.domain.failure import Failure
from paretocaps.execution.descendants import end_worker
from paretocaps.execution.limits import Limits
from paretocaps.host import host_name
from paretocaps.run_folder import RunFolder
from paretocaps.storage.records import AttemptRecord


@dataclass
class LeftWorker:
    """Watches a worker by its folder: it holds a lock there, and signs it while it goes on.

    Args:
        attempt: what it trains.
        folder: the folder of the attempt.
        stall_timeout: the seconds of silence after which it is ended; None for the executors' default.
        trial_timeout: the seconds from now on after which it is ended; None for no limit.
        clock: returns seconds and never goes backwards.

    Attributes:
        failure: why it was ended; None if it was not.
    """

    attempt: AttemptRecord
    folder: RunFolder
    stall_timeout: float | None = None
    trial_timeout: float | None = None
    clock: Callable[[], float] = time.monotonic
    failure: Failure | None = None
    _limits: Limits = field(init=False)
    _signed: int | None = field(init=False)
    _looked: float = field(init=False)
    _heard: bool = False

    def __post_init__(self) -> None:
        self._limits = Limits(self.stall_timeout, self.trial_timeout)
        self._limits.ready()
        self._signed, self._looked = self.folder.signed(), self.clock()

    def has_ended(self) -> bool:
        """Return whether it has ended; it is ended if it was silent, or has trained, for too long."""
        if self.folder.process() is None:
            return True
        signed, now = self.folder.signed(), self.clock()
        passed = now - self._looked
        if self.folder.job_file.exists():  # it is written as soon as the devices are leased
            self._limits.begin()
            self._limits.spend(passed)
        self._limits.spend(0.0, listened=passed)
        if signed != self._signed and self._heard:
            self._limits.hear("a sign of life")
        elif signed != self._signed:
            self._limits.ready()  # nobody knows how long the silence before its first sign was
            self._heard = True
        self._signed, self._looked = signed, now
        self.failure = self._limits.exceeded()
        if self.failure is None:
            return False
        self.end()
        return True

    def end(self) -> None:
        """End it, and what it has started, if it is a worker on this machine."""
        pid = self.folder.process()
        if pid is not None and self.attempt.host in (None, host_name()):
            end_worker(pid)
