"""Holds a signal's interrupt back while something runs that must not end halfway."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _HeldBack:
    """How many blocks the main thread is in, and whether a signal came meanwhile."""

    blocks = 0
    interrupted = False


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Raise the interrupt of a signal at the end of the `with` block instead of inside of it.

    A library that is interrupted while it hands a connection out, or takes it back, loses sight of it: its
    transaction stays open, and with it the lock of the database, until the process ends.

    Python handles signals in the main thread; in any other thread, this does nothing. Nor does it hold back
    what a handler raises that does not call `interrupt`.

    Raises:
        KeyboardInterrupt: a signal came meanwhile.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _HeldBack.blocks += 1
    try:
        yield
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
