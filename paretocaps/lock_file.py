"""A lock file that names the process that holds it."""

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
        owner: the process, in words.
    """

    def __init__(self, holder: int | None) -> None:
        self.owner = f"process {'unknown' if holder is None else holder}"
        super().__init__(self.owner)


@contextmanager
def locked(path: Path, patience: float) -> Iterator[None]:
    """Hold the lock of the file `path` for the length of a `with` block.

    It is a lock of the operating system (flock): it ends with the process, however that ends. The file, which
    is made where it is missing, has the holder's process id, and stays.

    Args:
        path: its folder is made where it is missing.
        patience: how many seconds to wait for whoever holds it.

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

    By hand: it is asked by a shared lock, which filelock lacks. So asking twice at once is no holding, and
    asking writes nothing.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        while not _shared(descriptor):
            if pid := _signature(path):
                return pid
            time.sleep(_PAUSE)  # locked, its id not written yet
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
    except OSError:  # the holder has just ended, and removed it
        return None
    return int(text) if text.isdigit() else None
