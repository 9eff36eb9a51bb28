"""Keeps what was read of studies until they change, for as many as were asked for last."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Value = TypeVar("Value")
_REST = 5.0
"""A value is kept for so many times the seconds that it takes to read, so that it slows no running study."""


@dataclass
class _Place(Generic[Value]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    version: Hashable = None
    until: float = 0.0
    value: Value | None = None


class Kept(Generic[Value]):
    """Values by a key, each with the version that it is of. Threads may share it; one at a time reads one.

    Args:
        most: how many values are kept.
        clock: returns seconds and never goes backwards.
        in_turn: whether also the values of different keys are read one after another.
    """

    def __init__(
        self, most: int = 32, clock: Callable[[], float] = time.monotonic, *, in_turn: bool = True
    ) -> None:
        self._most, self._clock = most, clock
        self._places: OrderedDict[Hashable, _Place[Value]] = OrderedDict()
        self._lock = threading.Lock()
        self._reading = threading.Lock() if in_turn else nullcontext()

    def get(self, key: Hashable, version: Hashable, read: Callable[[], Value]) -> Value:
        """Return the value of that version, or one that was read a moment ago."""
        place = self._place(key)
        with place.lock:
            if place.value is None or (place.version != version and self._clock() >= place.until):
                with self._reading:
                    began = self._clock()
                    place.value, place.version = read(), version
                    ended = self._clock()
                place.until = ended + _REST * (ended - began)
            return place.value

    def _place(self, key: Hashable) -> _Place[Value]:
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            while len(self._places) > self._most:
                self._places.popitem(last=False)
            return place
