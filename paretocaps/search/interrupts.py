"""Turns Ctrl-C, SIGTERM and SIGHUP into interrupts that cannot get lost, and ends a run at its time limit."""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import ClassVar

from paretocaps.domain.duration import duration_text
from paretocaps.uninterrupted import interrupt, is_of_interrupt, uninterrupted


class TimeIsUpError(Exception):
    """A run has reached its time limit."""


class Interrupts:
    """Remembers whether a signal asked the process to stop, and until when it may run.

    A signal raises KeyboardInterrupt in the code that is running; the first two let an operation on the
    database end (see `uninterrupted`). If that code is a library's destructor or callback of a weak
    reference, Python prints the exception and drops it. The signal is therefore noted, too, and the next
    `check` raises it again. Some code raises another exception from it, as Python 3.11 does where it creates
    a class: the end of `watching` makes it an interrupt again.

    Args:
        timeout: the seconds that the run may take; None for no limit.
        clock: returns seconds and never goes backwards.

    Attributes:
        signals: how many signals were noted.
        hurry: is called at the second one, after which nothing is worth a wait.
    """

    hurry: ClassVar[Callable[[], None]] = staticmethod(lambda: None)

    def __init__(self, timeout: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.signals = 0
        self._clock, self._timeout = clock, math.inf if timeout is None else timeout
        self._end = clock() + self._timeout

    @property
    def seconds_left(self) -> float | None:
        """The seconds until the time limit, at least 0; None without a limit."""
        return None if math.isinf(self._end) else max(0.0, self._end - self._clock())

    def check(self, *, timed: bool = True) -> None:
        """Raise what ends the run, if anything does; unless `timed`, the time limit does not.

        Raises:
            KeyboardInterrupt: a signal was noted.
            TimeIsUpError: the time limit is reached.
        """
        if self.signals:
            raise KeyboardInterrupt
        if timed and self.seconds_left == 0.0:
            raise TimeIsUpError(f"timeout={duration_text(self._timeout)} of the run was over")

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Let SIGINT, SIGTERM and SIGHUP interrupt the `with` block.

        A handler that the user set for SIGINT is kept, and `nohup` lets SIGHUP be ignored. Python handles
        signals in the main thread; in any other thread, this does nothing.

        Raises:
            KeyboardInterrupt: a signal was noted, and the block raised this or another exception from it.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = [signal.SIGTERM]
        handler = signal.getsignal(signal.SIGINT)
        if handler is signal.default_int_handler or _owner(handler) is not None:
            numbers.append(signal.SIGINT)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        before = {number: signal.signal(number, self._interrupt) for number in numbers}
        around = _owner(before[signal.SIGTERM])
        if around is not None:  # a library may have dropped its interrupt
            self.signals += around.signals
        try:
            yield
        except Exception as error:
            if self.signals and is_of_interrupt(error):
                raise KeyboardInterrupt from error
            raise
        finally:
            with uninterrupted():
                # that of Ctrl-C last, which is not held back where it is Python's own
                for number in sorted(before, key=lambda number: number == signal.SIGINT):
                    signal.signal(number, before[number])
                if around is not None:
                    around.signals = max(around.signals, self.signals)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self.signals += 1
        if self.signals == 2:
            type(self).hurry()
        interrupt(at_once=self.signals > 2)


def _owner(handler: object) -> Interrupts | None:
    """Return the `Interrupts` whose handler this is, or None."""
    owner = getattr(handler, "__self__", None)
    return owner if isinstance(owner, Interrupts) else None
