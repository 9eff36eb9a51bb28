"""The file that a driver locks, so that others of its user and machine know at once whether its process runs.

A free file is the evidence that a driver whose row lives is dead, so it stays until somebody has ended that
row. While the row is being written or ended, the file has another name, by which anybody may remove it once
it is free: to do so, no database must be asked, of which a machine may have many.
"""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from paretocaps.host import host_folder
from paretocaps.lock_file import LockTakenError, holder, locked

_PATIENCE = 1.0  # s; somebody who looks at the file locks it for a moment
_IN_PASSING = ".passing"


class DriverFile:
    """The file of one driver on this machine.

    Args:
        token: the driver's name in the database.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock inside a `with` block whose process is not registered yet.

        Without the file, which may not be writable, the others wait for a lease.
        """
        with ExitStack() as stack:
            with suppress(OSError, LockTakenError):
                stack.enter_context(locked(self._passing, _PATIENCE))
            yield

    def registered(self) -> None:
        """Note that the driver's row lives."""
        with suppress(OSError):
            self._passing.rename(self._lasting)

    def ends(self) -> bool:
        """Note that the driver's row has ended, or is about to; return whether it was noted that it lives."""
        with suppress(OSError):
            self._lasting.rename(self._passing)
            return True
        return False

    def remove(self) -> None:
        """Remove the file."""
        with suppress(OSError):
            for path in self._names:
                path.unlink(missing_ok=True)

    def locker(self) -> int | None:
        """Return the process that is known to be this driver on this machine, or None."""
        with suppress(OSError):
            return next(filter(None, map(holder, self._names)), None)
        return None

    def is_free(self) -> bool:
        """Return whether the driver's process is known to have ended: its file is here and not locked."""
        with suppress(OSError):
            return self.locker() is None and any(path.exists() for path in self._names)
        return False

    @property
    def _names(self) -> tuple[Path, ...]:
        return self._passing, self._lasting, self._passing  # none is missed while it changes its name

    @property
    def _passing(self) -> Path:
        return _folder() / f"{self._token}{_IN_PASSING}"

    @property
    def _lasting(self) -> Path:
        return _folder() / f"{self._token}.lock"


def tidy() -> None:
    """Remove what drivers left that were killed before they were registered or while they ended."""
    with suppress(OSError):
        for path in _folder().glob(f"*{_IN_PASSING}"):
            with suppress(OSError), path.open() as stream:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()  # while it is locked: who waits for it makes a new one


def _folder() -> Path:
    return host_folder("drivers")
