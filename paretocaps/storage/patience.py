"""Waits for a database that is away, locked or full, and tries again."""

import math
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar, get_args

from paretocaps.domain.duration import duration_text
from paretocaps.domain.progress import unheard
from paretocaps.errors import UnavailableError, Why
from paretocaps.storage.faults import AGAIN
from paretocaps.uninterrupted import uninterrupted

T = TypeVar("T")
BRIEF = 10.0
"""Seconds that a command which trains nothing waits."""
MOMENTARY: Collection[Why] = ("away", "locked")
"""What such a command waits for; a disk that is full stays full until somebody does something."""
EVERYTHING: Collection[Why] = get_args(Why)
_FIRST, _LONGEST = 0.05, 5.0  # s between two tries
_SHARE = 0.25  # of what was waited so far, between the two: several drivers of one file take their turns
_SILENT = 5.0  # s; several drivers of one SQLite file wait for each other now and then


@dataclass
class Patience:
    """How long an operation on a database is tried again, and what is done meanwhile.

    Attributes:
        seconds: how long the database may be away; after that, its error is raised.
        pause: waits the given seconds between two tries; it may do something else meanwhile.
        waits_for: the faults that are waited for; any other is raised at once.
        notice: is told once that the database is waited for, and once that it is back.
    """

    seconds: float = BRIEF
    pause: Callable[[float], None] = time.sleep
    notice: Callable[[str], None] = unheard
    waits_for: Collection[Why] = MOMENTARY

    def ride(self, operation: Callable[[], T]) -> T:
        """Return the result of `operation`, which is called again, later and later, while it cannot be done.

        A signal interrupts the pauses, and not the operation.

        Raises:
            KeyboardInterrupt: a signal came.
            UnavailableError: the database could not be used for `seconds`.
        """
        began, told = time.monotonic(), False
        while True:
            try:
                with uninterrupted():
                    result = operation()
                break
            except UnavailableError as error:
                waited = time.monotonic() - began
                delay = min(max(_FIRST, _SHARE * waited), _LONGEST)
                if waited >= self.seconds or error.why not in self.waits_for:
                    raise
                if not told and waited + delay >= min(_SILENT, self.seconds / 2):
                    told = True
                    why = str(error).removesuffix(AGAIN)
                    limit = "" if math.isinf(self.seconds) else f" up to {duration_text(self.seconds)}"
                    self.notice(f"waiting{limit} for {why}")
            self.pause(min(delay, self.seconds - waited))
        if told:
            self.notice(f"the storage can be used again, after {time.monotonic() - began:.0f} s")
        return result

    @contextmanager
    def of(self, seconds: float) -> Iterator[None]:
        """Wait no longer than `seconds` inside a `with` block, and say nothing of it."""
        before = self.seconds, self.notice
        self.seconds, self.notice = min(seconds, self.seconds), unheard
        try:
            yield
        finally:
            self.seconds, self.notice = before
