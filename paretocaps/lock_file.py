"""A lock file that contains the id of the process that holds the lock."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

_PAUSE = 0.01  # s


class LockTakenError(Exception):
    """Another process holds the lock.

    Attributes:
        owner: the holder as text, such as "process 123".
    """

    def __init__(self, holder: int | None) -> None:
        self.owner = f"process {'unknown' if holder is None else holder}"
        super().__init__(self.owner)


@contextmanager
def locked(path: Path, patience: float) -> Iterator[None]:
    """Hold the lock of the file `path` during a `with` block.

    It is a lock of the operating system (flock), which is released when the process ends, however it ends.
    The file is created if it is missing, contains the holder's process id, and is not removed.

    Args:
        path: the lock file; its folder is created if it is missing.
        patience: how many seconds to wait while another process holds the lock.

    Raises:
        LockTakenError: another process holds it.
        OSError: the file cannot be written.
    """
    lock = FileLock(path, timeout=patience, poll_interval=_PAUSE, on_acquired=_sign)
    try:
        lock.acquire()
    except Timeout:
        raise LockTakenError(_signature(path)) from None
    try:
        yield
    finally:
        lock.release()


def holder(path: Path) -> int | None:
    """Return the id of the process that holds the lock of `path`, or None.

    This is written by hand because it tries a shared lock, which filelock lacks: several processes can check
    at the same time without blocking each other, and the file is not written to.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        while not _shared(descriptor):
            if pid := _signature(path):
                return pid
            time.sleep(_PAUSE)  # it is locked, but the holder has not written its id yet
    finally:
        os.close(descriptor)
    return None


def _shared(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())


def _signature(path: Path) -> int | None:
    try:
        text = path.read_text()
    except OSError:  # somebody has just removed it
        return None
    return int(text) if text.isdigit() else None
