"""The trainings that are under way in a turn: whether they wait, and can be left without loss."""

import math
import time
from dataclasses import dataclass, field
from pathlib import Path

from paretocaps.domain.progress import WAITS
from paretocaps.run_folder import RunFolder
from paretocaps.service.supervising.turn import Turn

_SILENT = 60.0  # s without a word, after which nothing is prepared any more


@dataclass
class Trainings:
    """The trainings under way, by trial and seed, with their folders.

    Args:
        turn: the turn, which asks whether they can be left.
    """

    turn: Turn
    _prepared: float = -math.inf
    _folders: dict[tuple[int, int], Path] = field(default_factory=dict)
    _told: dict[tuple[int, int], str] = field(default_factory=dict)
    _before: dict[Path, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.turn.can_leave = self.saved

    def began(self, trial: int, seed: int, folder: Path) -> None:
        """Note that a training began."""
        self._prepared = -math.inf
        self._folders[trial, seed] = folder

    def ended(self, trial: int, seed: int | None = None) -> None:
        """Note that a training ended, or with None all of its trial."""
        for key in [key for key in self._folders if key[0] == trial and seed in (None, key[1])]:
            del self._folders[key]
            self._told.pop(key, None)
        self._settle()

    def told(self, trial: int, seed: int, what: str) -> None:
        """Note what a training does at present."""
        if (trial, seed) in self._folders:
            self._told[trial, seed] = what
            self._settle()

    def _settle(self) -> None:
        """Let the turn know what the trainings wait for, as long as none of them trains."""
        does = list(self._told.values())
        waits = [what for what in does if what.startswith(WAITS)]
        self.turn.waits(waits[0] if waits and len(waits) == len(does) else None)

    def prepares(self, *, waits: bool) -> None:
        """Note a step before the first training, which would be lost, unless it `waits` for something."""
        self._prepared = -math.inf if waits else time.monotonic()

    @property
    def _prepares(self) -> bool:
        return time.monotonic() - self._prepared < _SILENT

    def saved(self) -> bool:
        """Return whether others are to have a turn, and each training has written a checkpoint since.

        No clocks are compared: files may be on a server whose clock differs.
        """
        if not self.turn.gives_way:
            self._before = {}
            return False
        newest = {folder: _checkpoint(folder) for folder in list(self._folders.values())}
        written = [moment not in (0, self._before.setdefault(at, moment)) for at, moment in newest.items()]
        return all(written) and not self._prepares

    def leave_between(self) -> None:
        """End the turn here if others are to have one, and no training is under way.

        Raises:
            KeyboardInterrupt: it ends.
        """
        self._prepared = -math.inf
        if self.turn.gives_way and not self._folders:
            raise KeyboardInterrupt


def _checkpoint(folder: Path) -> int:
    """Return when the last checkpoint was written, in ns of the file system's clock; 0 without one."""
    try:
        return RunFolder(folder).checkpoint.stat().st_mtime_ns
    except OSError:  # there is none, or a newer one is just taking its place
        return 0
