"""The sessions that somebody left: their cookies are void, wherever a copy of one may be."""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from paretocaps.web.guard.sessions import end_of
from paretocaps.writing import whole_file


class LeftSessions:
    """Knows sessions that were left before their end, until then, by the digests of their cookies.

    Args:
        file: where they are kept for the next start, a line each; None to keep them no longer than this one.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file, self._changing = file, threading.Lock()
        self._known = dict(_read(file)) if file is not None else {}

    def add(self, value: str, now: float | None = None) -> None:
        """Note that the session of a cookie's value was left.

        Raises:
            OSError: the file cannot be written; until the next start, the session is left all the same.
        """
        until, moment = end_of(value), time.time() if now is None else now
        if until is None:
            return
        with self._changing:
            self._known = {one: end for one, end in self._known.items() if end >= moment}
            self._known[_digest(value)] = until
            if self._file is not None:
                with whole_file(self._file) as stream:
                    stream.writelines(f"{one} {end}\n".encode() for one, end in self._known.items())

    def __contains__(self, value: object) -> bool:
        return bool(self._known) and isinstance(value, str) and _digest(value) in self._known


def _read(file: Path) -> Iterator[tuple[str, int]]:
    with suppress(OSError, ValueError):  # without it, copies live until their end
        for line in file.read_text(encoding="ascii").splitlines():
            digest, until = line.split()
            yield digest, int(until)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
