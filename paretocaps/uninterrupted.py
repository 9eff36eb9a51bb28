"""Holds a signal's interrupt back while something runs that must not end halfway."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class _HeldBack:
    """How many blocks the main thread is in, and whether a signal came meanwhile."""

    blocks = 0
    interrupted = False
    ctrl_c = 0


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Raise the interrupt of a signal at the end of the `with` block instead of inside of it.

    A library that is interrupted while it hands a connection out, or takes it back, loses sight of it: its
    transaction stays open, and with it the lock of the database, until the process ends.

    Python handles signals in the main thread; in any other thread, this does nothing. It holds back what
    handlers raise that call `interrupt`, and Ctrl-C where Python's own handler has it. The third one comes at
    once, so that a block which waits for something can be left.

    Raises:
        KeyboardInterrupt: a signal came meanwhile.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _HeldBack.blocks += 1
    pythons = False
    try:
        pythons = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if pythons:
            _HeldBack.ctrl_c = 0
            signal.signal(signal.SIGINT, _ctrl_c)
        yield
    finally:
        try:
            if pythons and signal.getsignal(signal.SIGINT) is _ctrl_c:
                signal.signal(signal.SIGINT, signal.default_int_handler)
        finally:
            _HeldBack.blocks -= 1
            if _HeldBack.interrupted and not _HeldBack.blocks:
                _HeldBack.interrupted = False
                raise KeyboardInterrupt


def interrupt(*, at_once: bool) -> None:
    """Raise KeyboardInterrupt, now if `at_once` or outside of `uninterrupted`, else at the end of that.

    Signal handlers call it.
    """
    if at_once or not _HeldBack.blocks:
        _HeldBack.interrupted = False
        raise KeyboardInterrupt
    _HeldBack.interrupted = True


def is_of_interrupt(error: BaseException | None) -> bool:
    """Return whether an exception is or was raised from a KeyboardInterrupt.

    Python 3.11 raises a RuntimeError from one that comes while a class is made.
    """
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error is not None


def _ctrl_c(number: int, frame: FrameType | None) -> None:
    _HeldBack.ctrl_c += 1
    interrupt(at_once=_HeldBack.ctrl_c > 2)
