"""Starts a process for each submission whose turn it is, and takes back the turns of those that died."""

import logging
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from paretocaps.errors import MissingError, StateError, StorageError
from paretocaps.execution.descendants import end_worker, workers_of
from paretocaps.execution.devices import devices
from paretocaps.host import host_name
from paretocaps.search.driver_file import DriverFile
from paretocaps.search.driver_token import machine_restarted, new_token
from paretocaps.search.silence import Silence
from paretocaps.service.supervising.needs import missing
from paretocaps.service.supervising.task import Task
from paretocaps.service.turn_order import in_order
from paretocaps.storage.drivers import Sighting
from paretocaps.storage.store import Store
from paretocaps.storage.submissions import Submission, SubmissionState
from paretocaps.writing import private_folder

SLICE = 600.0
"""Seconds after which a submission that runs lets another one have a turn."""
MOST_LOST = 3
"""How many processes of a submission may die in a row without any progress."""

_LOOK = 1.0  # s between two looks at the queue
_REST = 15.0  # s until the next look where no process can be started
_LEASE = 60.0  # s of silence after which a process is dead
_PARTING = 20.0  # s that the processes have to end when the service does
_SECRETS = ("PARETOCAPS_TOKENS", "PARETOCAPS_TOKEN")  # which no training needs
_MODULE = "paretocaps.service.supervising.process"
_RUNNING: tuple[SubmissionState, ...] = ("running",)
_IN_TURN: tuple[SubmissionState, ...] = ("queued", "running")
_WAITS = "it waits for a service that has"
_log = logging.getLogger(__name__)


@dataclass
class Supervisor:
    """Runs what is in the queue of a database, on this machine.

    Several supervisors may run on one database, on one machine or several: each submission is run once, by
    one that has its data. The processes outlive the supervisor, and the next one takes them up. Exports need
    no device, and have a place of their own.

    Args:
        storage: the storage URL.
        folder: the service folder.
        data_root: the folder below which the data of submitted studies lie; None for none.
        parallel: how many studies and trainings run at once on this machine; None for one per device.
        slice: seconds after which what runs gives way to what waits with the same or a higher priority.
        executor: the executor of all studies; None for the default one.
        lease: seconds of silence after which a process is dead, unless it is known before.

    Attributes:
        fault: why the queue cannot be looked at, at present; empty if it can.
    """

    storage: str
    folder: Path
    data_root: Path | None = None
    parallel: int | None = None
    slice: float = SLICE
    executor: str | None = None
    lease: float = _LEASE
    fault: str = ""
    _children: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    _asked: dict[str, float] = field(default_factory=dict)
    _lacking: dict[int, tuple[str, float]] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Run in a thread of its own, until `close`.

        Raises:
            StorageError: the database cannot be used.
        """
        for made in (self.folder, self.folder / "logs"):
            private_folder(made)
        self._places = self.parallel or len(devices())
        self._silence = Silence(_LOOK, self.lease)
        self._store = Store.open(self.storage, create=True)
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._thread is not None and self._thread.is_alive()

    def close(self) -> None:
        """End, and let the processes on this machine end; what they run is queued again."""
        self._over.set()
        if self._thread is None:
            return
        self._thread.join(_PARTING)  # a look may wait for a disk or a database
        children = list(self._children.values())
        for child in children:
            child.terminate()
        with suppress(StorageError):
            for one in self._here(self._store.submissions(states=_RUNNING)):
                if one.driver not in self._children:
                    self._signal(one, signal.SIGTERM)
        end = time.monotonic() + _PARTING
        for child in children:
            with suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, end - time.monotonic()))
        with suppress(StorageError):  # some ended before they could say so
            for one in self._store.submissions(states=_RUNNING):
                if one.driver in self._children and self._process(one) is None:
                    self._store.end_turn(one.id, one.driver, "interrupted")
        if not self.alive:
            self._store.close()

    def look(self) -> None:
        """See who died and whose hours are used up, start what can be started, and let others have a turn."""
        known = self._store.submissions(states=_IN_TURN)
        running = [one for one in known if one.state == "running"]
        dead = self._dead(running)
        for one, why in dead:
            if self._store.lose_turn(one.id, one.driver or "", MOST_LOST, why):
                _log.warning("submission %s: %s", one.id, why)
        if dead:
            known = self._store.submissions(states=_IN_TURN)
        owners = {one.owner for one in known if one.max_hours is not None}
        seconds = {owner: self._store.spent(owner)[1] for owner in owners}
        known = [one for one in known if not self._over_quota(one, seconds)]
        queued = in_order(known)
        self._lacking = {one.id: self._lacking[one.id] for one in queued if one.id in self._lacking}
        order = [one for one in queued if self._can_run(one)]
        here = self._here(one for one in known if one.state == "running")
        for short in (True, False):
            waiting = [one for one in order if (one.kind == "export") == short]
            busy = [one for one in here if (one.kind == "export") == short]
            places = 1 if short else self._places
            while waiting and len(busy) < places:
                if self._begin(first := waiting.pop(0)):
                    busy.append(first)
            if waiting and not short:
                self._make_way(waiting[0], [one for one in busy if one.state == "running"])

    def _run(self) -> None:
        while not self._over.is_set():
            pause = _LOOK
            try:
                self.look()
                self.fault = ""
            except (MissingError, StateError) as error:  # what was read has changed: the next look sees it
                _log.info("the queue is looked at again: %s", error)
            except (StorageError, OSError) as error:
                if not self.fault:
                    _log.warning("the queue cannot be looked at: %s", error)
                self.fault = str(error)
                pause = _REST if isinstance(error, OSError) else _LOOK
            self._over.wait(pause)

    def _here(self, running: Iterable[Submission]) -> list[Submission]:
        return [one for one in running if one.host == host_name()]

    def _dead(self, running: list[Submission]) -> list[tuple[Submission, str]]:
        """Return the running submissions whose process is dead, each with how that is known."""
        sightings = [Sighting(one.driver or "", one.host or "", one.pid or 0, one.beat) for one in running]
        silent = {one.token for one in self._silence.dead(sightings, time.monotonic())}
        found = []
        for one in running:
            token, child = one.driver or "", self._children.get(one.driver or "")
            if child is not None and (code := child.poll()) is not None:
                found.append((one, f"its process {child.pid} ended with {_ending(code)}"))
            elif self._process(one) is not None:
                self._hurry(one)
            elif one.host == host_name() and machine_restarted(token):
                found.append((one, f"its process {one.pid} ended with {one.host}, which was started again"))
            elif one.host == host_name() and DriverFile(token).is_free():
                found.append((one, f"its process {one.pid} on {one.host} ended before it said how"))
            elif token in silent:
                found.append((one, f"nothing was heard for {self.lease:g} s from its process on {one.host}"))
        turns = {one.driver for one in running}
        for token in [one for one in self._children if one not in turns]:
            if self._children[token].poll() is not None:
                del self._children[token]
        self._asked = {token: since for token, since in self._asked.items() if token in turns}
        return found

    def _over_quota(self, one: Submission, seconds: Mapping[str, float]) -> bool:
        """Pause a submission whose owner has no hours left, and return whether it waits for that."""
        if one.max_hours is None or seconds[one.owner] < one.max_hours * 3600:
            return False
        if one.wanted not in ("paused", "stopped"):
            self._store.want(
                one.id, "paused", f"the quota of {one.max_hours:g} hours of {one.owner!r} is used up"
            )
        return one.state == "queued"

    def _can_run(self, one: Submission) -> bool:
        """Return whether a queued submission can run on this machine; else say what it waits for.

        Where a service has all of that, the submission waits for its turn there, and that service takes back
        what others said. So these say it again only after a lease without it.
        """
        lacks = missing(one, self._store, self.folder, self.data_root)
        said, at = self._lacking.get(one.id, ("", -math.inf))
        if lacks and (lacks != said or (not one.reason and time.monotonic() - at > self.lease)):
            _log.warning("submission %s: %s %s", one.id, _WAITS, lacks)
            self._store.explain(one.id, f"{_WAITS} {lacks}")
            self._lacking[one.id] = lacks, time.monotonic()
        elif not lacks:
            self._lacking.pop(one.id, None)
            if (one.reason or "").startswith(_WAITS):
                self._store.explain(one.id, None)
        return not lacks

    def _begin(self, one: Submission) -> bool:
        """Start the process of a queued submission, unless another service was first or this one ends.

        Raises:
            OSError: no process can be started.
        """
        token = new_token()
        if self._over.is_set() or not self._store.take_turn(one.id, token, host_name()):
            return False
        task = Task(self.storage, self.folder, self.data_root, self.executor, one.id, token)
        try:
            self._children[token] = self._started(task)
        except OSError as error:
            # it is no fault of the submission's: it waits, and so do the others
            self._store.end_turn(one.id, token, "interrupted", f"its process could not be started: {error}")
            raise
        return True

    def _started(self, task: Task) -> "subprocess.Popen[str]":
        """Start a process in a session of its own, which a signal to this one does not reach."""
        log = self.folder / "logs" / f"submission-{task.submission}.log"
        with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", _MODULE],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                text=True,
                start_new_session=True,
                env={name: value for name, value in os.environ.items() if name not in _SECRETS},
            )
        assert child.stdin is not None
        with suppress(BrokenPipeError), child.stdin:
            child.stdin.write(task.written() + "\n")
        return child

    def _make_way(self, first: Submission, running: list[Submission]) -> None:
        """Ask the one that has had its slice for longest to let `first` have a turn, unless one is asked."""
        may = [one for one in running if one.turn >= self.slice and one.priority <= first.priority]
        if may and not any(one.wanted for one in running):
            self._store.give_way(max(may, key=lambda one: one.turn).id)

    def _process(self, one: Submission) -> int | None:
        """Return the process of a submission that is known to live on this machine, or None."""
        child = self._children.get(one.driver or "")
        if child is not None and child.poll() is None:
            return child.pid
        return DriverFile(one.driver or "").locker() if one.host == host_name() else None

    def _hurry(self, one: Submission) -> None:
        """Kill the process of a submission that was asked to end for longer than a lease, and does not."""
        token, now = one.driver or "", time.monotonic()
        if one.wanted not in ("paused", "stopped"):
            self._asked.pop(token, None)
        elif now - self._asked.setdefault(token, now) > self.lease:
            self._signal(one, signal.SIGKILL)

    def _signal(self, one: Submission, number: int) -> None:
        """Send a signal to a submission's process, and where it kills, to its session and its workers."""
        pid = self._process(one)
        if pid is None:
            return
        kills = number == signal.SIGKILL
        workers = workers_of(pid) if kills else []  # of sessions of their own, and they would train on
        with suppress(ProcessLookupError):
            (os.killpg if kills else os.kill)(pid, number)
        for worker in workers:
            end_worker(worker)


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
