"""One turn of a submission, in the process that runs it: signs of life, and what it is asked meanwhile."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Self

from paretocaps.domain.duration import lasting_text
from paretocaps.domain.failure import storable
from paretocaps.domain.progress import WAITS
from paretocaps.errors import StorageError
from paretocaps.masking import masked
from paretocaps.service.supervising.task import Task
from paretocaps.storage.patience import Patience
from paretocaps.storage.store import Store
from paretocaps.storage.submissions import Submission
from paretocaps.storage.turns import TurnLostError

_log = logging.getLogger(__name__)

_LOOK = 1.0  # s between two looks at what is asked
_BEAT = 5.0  # s between two signs of life
_PARTING = 5.0  # s to wait for a beat under way


class Turn:
    """The turn of this process, which a thread keeps inside a `with` block.

    The thread interrupts the process as SIGTERM does where the submission is to be paused or stopped, where
    its turn was taken back, and where it is to give way and the work can be left without loss.

    Args:
        store: has the submission.
        task: which one, and whose turn.

    Attributes:
        submission: the submission, as it was when the turn began.
        result: what came of it so far, by name; it is stored with the signs of life.
        lost: whether the turn was taken back.
        gives_way: whether others are to have a turn.
        can_leave: tells whether the work can be left now without loss.
    """

    def __init__(self, store: Store, task: Task) -> None:
        self.store, self.task = store, task
        self.result: dict[str, Any] = {}
        self.lost = False
        self.gives_way = False
        self.can_leave: Callable[[], bool] = lambda: True
        self._impatient = store.with_patience(Patience(0.0))
        self._interrupted = False
        self._over = threading.Event()
        self._beat = time.monotonic()
        self._counting, self._waits = threading.Lock(), ""
        self._waited = 0.0
        self._thread = threading.Thread(target=self._keep, name="turn", daemon=True)

    def tell(self, text: str) -> None:
        """Tell a line to those who watch the study."""
        with suppress(StorageError):
            payload = {"submission": self.submission.id, "text": masked(storable(text))}
            self._impatient.notify(self.submission.study, "notice", payload)

    def waits(self, what: str | None) -> None:
        """Note and tell what all of the work waits for, such as a device that another has; None for nothing.

        The time until the next call does not count as time that the submission ran.
        """
        if (what or "") == self._waits:
            return
        with suppress(StorageError, TurnLostError):  # the thread finds out, too
            self._count()
        waited, self._waits = self._waits, what or ""
        if what:
            self.result["doing"] = what
            self._waited = self._waited if waited else time.monotonic()
            self.tell(what)
        elif self.result.get("doing") == waited:
            del self.result["doing"]
        with suppress(StorageError, TurnLostError):  # pages show it at once
            self._count()
        if not what:
            for_what = waited.removeprefix(WAITS).partition(":")[0]
            self.tell(f"waited {lasting_text(time.monotonic() - self._waited)} for {for_what}")

    def end(self, state: Any, reason: str | None = None, result: Mapping[str, Any] | None = None) -> None:
        """Give the turn back, if it was not taken back meanwhile; see `storage.turns.end_turn`."""
        self._leave()
        if not self.lost:
            with suppress(StorageError, TurnLostError):  # what follows waits for the database
                self._count()
            task, asked = self.task, self.submission.options
            told = None if reason is None else storable(reason)
            self.store.end_turn(task.submission, task.token, state, told, result, asked)

    def look(self) -> None:
        """See what is asked, and interrupt the process where it is to end."""
        try:
            if time.monotonic() - self._beat >= _BEAT:
                wanted = self._count()
            else:
                wanted = self._impatient.wanted(self.task.submission, self.task.token)
        except StorageError:
            return
        except TurnLostError:
            self.lost = True
            self._interrupt()
            return
        self.gives_way = wanted == "queued"
        leaves = self.can_leave()  # each time, as it notes what there was before
        if wanted in ("paused", "stopped") or (self.gives_way and leaves):
            self._interrupt()

    def _count(self) -> Any:
        with self._counting:
            now, task = time.monotonic(), self.task
            seconds = 0.0 if self._waits else now - self._beat
            wanted = self._impatient.beat_turn(task.submission, task.token, seconds, dict(self.result))
            self._beat = now
            return wanted

    def _interrupt(self) -> None:
        if not self._interrupted:
            self._interrupted = True
            os.kill(os.getpid(), signal.SIGTERM)

    def _keep(self) -> None:
        told = False
        while not self._over.wait(_LOOK):
            try:
                self.look()
                told = False
            except Exception:  # such as of a disk that is away: without beats the turn would be lost
                if not told:
                    _log.exception("the turn cannot be looked at")
                told = True

    def _leave(self) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(_PARTING)

    def __enter__(self) -> Self:
        task = self.task
        self.submission: Submission = self.store.join_turn(task.submission, task.token, os.getpid())
        self.result = {name: v for name, v in self.submission.result.items() if name != "doing"}
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()
