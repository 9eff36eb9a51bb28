"""Ctrl-C and SIGTERM, as interrupts that cannot get lost."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Tells whether the process was asked to stop.

    A signal raises KeyboardInterrupt in whatever runs. Where that is a destructor or a weak reference's
    callback, in a library, Python prints the exception and forgets it. So it is noted too, and raised
    again by the next `check`.
    """

    def __init__(self) -> None:
        self.noted = False

    def check(self) -> None:
        """Raise what was noted.

        Raises:
            KeyboardInterrupt: a signal came.
        """
        if self.noted:
            raise KeyboardInterrupt

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Let SIGINT and SIGTERM interrupt what is inside; a handler of the user's for SIGINT stays.

        Signals belong to the main thread: in others nothing changes.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = [signal.SIGTERM]
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            numbers.append(signal.SIGINT)
        before = {number: signal.signal(number, self._interrupt) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self.noted = True
        raise KeyboardInterrupt
