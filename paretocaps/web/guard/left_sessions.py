"""The sessions that somebody left: their cookies are void, wherever a copy of one may be."""

import hashlib
import threading
import time
from contextlib import suppress
from pathlib import Path

from paretocaps.lock_file import LockTakenError, locked
from paretocaps.web.guard.sessions import end_of
from paretocaps.writing import whole_file

_PATIENCE = 5.0  # s


class LeftSessions:
    """Knows sessions that were left before their end, until then, by the digests of their cookies.

    Services that share a folder share its file: what one notes, the others read.

    Args:
        file: where they are kept, a line each; None to keep them no longer than this object.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file, self._changing = file, threading.Lock()
        self._known: dict[str, int] = {}
        self._read_at: tuple[int, int] | None = None
        self._read()

    def add(self, value: str, now: float | None = None) -> None:
        """Note that the session of a cookie's value was left.

        Raises:
            OSError: the file cannot be written; until the next start, the session is left all the same.
        """
        until, moment = end_of(value), time.time() if now is None else now
        if until is None:
            return
        with self._changing:
            self._known[_digest(value)] = until
            if self._file is None:
                return
            try:
                with locked(self._file.with_suffix(".lock"), _PATIENCE):
                    self._write(self._file, moment)
            except LockTakenError as error:
                raise TimeoutError(f"{self._file} is locked by {error.owner}") from None

    def __contains__(self, value: object) -> bool:
        with self._changing:
            self._read()
            return isinstance(value, str) and _digest(value) in self._known

    def _write(self, file: Path, moment: float) -> None:
        self._read()
        self._known = {one: end for one, end in self._known.items() if end >= moment}
        with whole_file(file) as stream:
            stream.writelines(f"{one} {end}\n".encode() for one, end in self._known.items())

    def _read(self) -> None:
        """Add what the file holds, if it has changed since; without it, copies live until their end."""
        if self._file is None:
            return
        with suppress(OSError, ValueError):
            found = self._file.stat()
            if (at := (found.st_mtime_ns, found.st_ino)) == self._read_at:
                return
            self._read_at = at
            for line in self._file.read_text(encoding="ascii").splitlines():
                digest, until = line.split()
                self._known[digest] = int(until)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
