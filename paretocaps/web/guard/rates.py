"""How many requests somebody may send: so many a second, and so many at once."""

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from paretocaps.web.guard.refusal import Refusal

_REMEMBERED = 10_000
"""The number of senders that are remembered; those not heard of for longest are forgotten first."""
_OPEN = 256
"""The requests of one sender that may be under way at once, streams of events included."""


class Buckets:
    """A bucket for each sender: it holds `burst` requests at most, and `rate` more come in each second.

    Args:
        rate: requests per second.
        burst: requests at once.
        clock: a monotonic clock in seconds.
    """

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Take a request out of a sender's bucket and return 0.0, or the seconds until there is one."""
        now = self._clock()
        left, at = self._left.get(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        enough = left >= 1
        self._left[key] = left - enough, now
        self._left.move_to_end(key)
        if len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)
        return 0.0 if enough else (1 - left) / self._rate


class Rates:
    """What one sender may ask: requests, a tenth as many that change something, and wrong tokens.

    Args:
        rate: requests per second; twice as many at once.
        clock: a monotonic clock in seconds.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._all, self._changes = Buckets(rate, 2 * rate, clock), Buckets(rate / 10, max(1, rate / 5), clock)
        self._wrong = Buckets(1, 20, clock)
        self._open: Counter[str] = Counter()

    def take(self, key: str, *, changes: bool) -> None:
        """Count a request of a sender.

        Raises:
            Refusal: of status 429, with the seconds to wait.
        """
        _refuse_for(self._all.take(key) or (self._changes.take(key) if changes else 0.0), "requests")

    def take_wrong(self, key: str) -> None:
        """Count a token of a sender that was wrong.

        Raises:
            Refusal: of status 429, with the seconds to wait.
        """
        _refuse_for(self._wrong.take(key), "wrong tokens")

    @contextmanager
    def under_way(self, key: str) -> Iterator[None]:
        """Count a request of a sender while it is answered.

        Raises:
            Refusal: of status 429, where too many are under way.
        """
        if self._open[key] >= _OPEN:
            _refuse_for(1.0, "requests at once")
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]


def _refuse_for(seconds: float, what: str) -> None:
    if seconds > 0:
        wait = math.ceil(seconds)
        raise Refusal(429, f"too many {what}: wait {wait} s", {"Retry-After": str(wait)})
