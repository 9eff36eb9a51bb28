"""Notices that an open database file was removed or replaced."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from paretocaps.errors import LostStorageError

_TAKEN_IN = "what was measured lies in the artifacts folder and is taken in"


class SameFile:
    """The file that stands at a path now; `check` raises once it is another one, or none.

    SQLite would go on with the file that it opened, to which no path leads any more: all that is written
    to it is lost when the process ends.

    Args:
        path: the database file.
        name: the storage as messages name it.

    Raises:
        OSError: there is no such file.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        self._identity = _identity(path)

    def check(self) -> None:
        """Check that the file stands there still; the file is not opened.

        Raises:
            LostStorageError: it was removed, or another file has taken its place.
        """
        try:
            same = _identity(self._path) == self._identity
        except FileNotFoundError:
            raise self._lost("its file was removed while it was open") from None
        except OSError:  # it cannot be looked at; SQLite says what is wrong
            return
        if not same:
            raise self._lost("another file took the place of the one that was open")

    def guard(self, engine: Engine) -> None:
        """Check the file before each new connection of `engine`: SQLite would make an empty one."""

        @event.listens_for(engine, "do_connect")
        def check(*_: Any) -> None:
            self.check()

    def _lost(self, what: str) -> LostStorageError:
        return LostStorageError(f"storage {self._name!r}: {what}: run the same command again: {_TAKEN_IN}")


def _identity(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino
