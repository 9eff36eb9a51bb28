"""Turns Ctrl-C and SIGTERM into interrupts that cannot get lost."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Remembers whether a signal asked the process to stop.

    A signal raises KeyboardInterrupt in the code that is running. If that is a library's destructor or
    callback of a weak reference, Python prints the exception and drops it. The signal is therefore noted,
    too, and the next `check` raises it again.
    """

    def __init__(self) -> None:
        self.noted = False

    def check(self) -> None:
        """Raise the interrupt if a signal was noted.

        Raises:
            KeyboardInterrupt: a signal was noted.
        """
        if self.noted:
            raise KeyboardInterrupt

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Let SIGINT and SIGTERM interrupt the `with` block; keep a handler that the user set for SIGINT.

        Python handles signals in the main thread; in any other thread, this does nothing.
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
