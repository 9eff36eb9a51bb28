"""Waits for a disk on which trainings can leave their files, before another one begins."""

import math
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile

from paretocaps.domain.duration import duration_text
from paretocaps.domain.failure import Failure
from paretocaps.errors import UnavailableError, why_not_written
from paretocaps.storage.patience import Patience
from paretocaps.writing import private_folder

_LEAST = 1 << 16  # bytes that are tried
_FURTHER = 16  # times as many after a training that found too little all the same
_TRIES = 4  # so many of them in a row: the room for the last one was of 256 MiB
_PAUSE = 1.0  # s between two looks


@dataclass
class Room:
    """Knows whether the folder for the files of new trainings can be written.

    It never waits itself: while there is no room, the driver goes on with what it has in training.

    Args:
        folder: the folder; it is made if it is missing.
        patience: how long it may be full or read-only, and who is told of it.
    """

    folder: Path
    patience: Patience
    _since: float | None = None
    _again: float = 0.0
    _failures: list[Failure] = field(default_factory=list)

    def found(self) -> bool:
        """Return whether there is room; it is looked for once in a while.

        Raises:
            UnavailableError: there was none for as long as the patience allows, or training after training
                found too little.
        """
        if len(self._failures) >= _TRIES:
            raise _unavailable(self._failures[-1].reason)
        now = time.monotonic()
        if self._since is not None and now < self._again:
            return False
        error = self._try()
        if error is None:
            if self._since is not None:
                self.patience.notice(f"trainings can begin again, after {now - self._since:.0f} s")
            self._since = None
            return True
        self._wait(error, now)
        return False

    def note(self, failure: Failure | None) -> None:
        """Note that a training has failed, or with None that one was measured."""
        if failure is None:
            self._failures.clear()
        elif failure.of_disk:
            self._failures.append(failure)

    def _try(self) -> OSError | None:
        """Write as much as may be needed, and remove it; return why that was not possible."""
        try:
            private_folder(self.folder)
            with TemporaryFile(dir=self.folder, buffering=0) as stream:
                for _ in range(_FURTHER ** len(self._failures)):
                    stream.write(os.urandom(_LEAST))
        except OSError as error:
            return error
        return None

    def _wait(self, error: OSError, now: float) -> None:
        why = why_not_written(error, "make it writable")
        unavailable = _unavailable(f"the folder {str(self.folder)!r} cannot be written: {why}")
        seconds = self.patience.seconds
        if self._since is None:
            self._since = now
            most = "" if math.isinf(seconds) else f", {duration_text(seconds)} at most"
            self.patience.notice(f"{unavailable} (it is waited for{most})")
        left = self._since + seconds - now
        if left <= 0:
            raise unavailable from error
        self._again = now + min(_PAUSE, left)


def _unavailable(why: str) -> UnavailableError:
    return UnavailableError(f"{why}, then run the same command again", "full")
