"""Keeps answers that cost processor time, as long as what they tell of has not changed."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from paretocaps.storage.store import Store

_OLDEST = 60.0
"""Seconds after which an answer is made again all the same: what no change counts, such as the files here."""
_OVERHEAD = 512
"""Bytes that an answer takes besides its content."""


@dataclass(frozen=True)
class _Kept:
    version: Hashable
    made: float
    content: bytes


class Answers:
    """Answers by what was asked, bounded in their bytes together; threads may share it.

    One thread at a time computes, so that a training on the same machine keeps its processors.

    Args:
        store: the database that the answers are read from.
        room: the most bytes that are kept; the answers that were asked for longest ago are dropped first.
    """

    def __init__(self, store: Store, room: int = 64 * 2**20) -> None:
        self._store, self._room = store, room
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._lock, self._computing = threading.Lock(), threading.Lock()
        self._bytes = 0

    def of_study(self, study: str, asked: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return what `make` returns for a study, from before if the study is as it was then.

        Args:
            study: name of the study.
            asked: what else the answer depends on.
            make: computes the answer.

        Raises:
            StorageError: there is no such study; or what `make` raises.
        """
        return self._current((study, asked), lambda: self._store.version(study), make, _OLDEST)

    def lately(self, asked: Hashable, seconds: float, make: Callable[[], bytes]) -> bytes:
        """Return what `make` returns, from before if that is so few seconds old."""
        return self._current(asked, lambda: None, make, seconds)

    def _current(
        self, key: Hashable, version: Callable[[], Hashable], make: Callable[[], bytes], oldest: float
    ) -> bytes:
        if (found := self._find(key, version(), oldest)) is not None:
            return found
        with self._computing:
            now = version()  # before the answer is made, which may then be newer, but never older
            if (found := self._find(key, now, oldest)) is not None:
                return found
            content = make()
            self._keep(key, _Kept(now, time.monotonic(), content))
            return content

    def _find(self, key: Hashable, version: Hashable, oldest: float) -> bytes | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.version != version or time.monotonic() - kept.made > oldest:
                return None
            self._kept.move_to_end(key)
            return kept.content

    def _keep(self, key: Hashable, kept: _Kept) -> None:
        with self._lock:
            self._drop(key)
            self._kept[key] = kept
            self._bytes += _size(key, kept)
            while self._bytes > self._room:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        if (old := self._kept.pop(key, None)) is not None:
            self._bytes -= _size(key, old)


def _size(key: Hashable, kept: _Kept) -> int:
    return len(kept.content) + len(repr(key)) + _OVERHEAD
