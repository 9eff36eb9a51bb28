"""What a training tells and asks between two epochs: how far it is, and which tunings its study keeps."""

import time
from collections.abc import Callable
from typing import Any, Generic, ParamSpec

from paretocaps.domain.tuning import Tuning

OnProgress = Callable[[str, int, int], None]
"""A function that receives how far something is: the activity, how much of it is done, and how much there is.

So is the preparing of images told, by their number.

Where there is 0 in all, the training has not begun: it is prepared, or waits (`WAITS`).
"""

OnTuned = Callable[[str, str, Tuning], Tuning]
"""A function that receives a tuning that was measured, with its device and key, and returns the one to use.

The device is `Device.machine`. The study keeps the first tuning of a device and key, which is returned.
"""

STEP = ", step"
"""Ends the activity of a training that takes the steps of an epoch, such as "epoch 3, step"."""

WAITS = "waits for "
"""Begins the activity of a job that waits, such as "waits for cpu"."""

_P = ParamSpec("_P")


class WithProgress(Generic[_P]):
    """A function that is called after each epoch, and has others, to be called in between.

    Args:
        epoch: what a call of this object calls.
        progress: receives the progress.
        tuned: receives a tuning, and returns the one that the study keeps; None where nobody keeps any.
    """

    def __init__(
        self,
        epoch: Callable[_P, bool],
        progress: Callable[..., None],
        tuned: Callable[..., Tuning] | None = None,
    ) -> None:
        self._epoch, self.progress = epoch, progress
        self.tuned = tuned or unkept

    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> bool:
        """Pass an epoch on, and return what it is answered."""
        return self._epoch(*args, **kwargs)


class Throttled:
    """Passes progress on at most once in `seconds`, so that it may be told after every step.

    Args:
        tell: receives what is passed on.
        seconds: the least time between two calls of it.
        clock: returns seconds and never goes backwards.
    """

    def __init__(
        self, tell: OnProgress, seconds: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell, self._seconds, self._clock = tell, seconds, clock
        self._next = float("-inf")

    def __call__(self, what: str, done: int, total: int) -> None:
        """Pass a progress on, unless the last one was a moment ago."""
        now = self._clock()
        if now >= self._next:
            self._next = now + self._seconds
            self._tell(what, done, total)


def unheard(*told: Any) -> None:
    """Do nothing with what nobody wants to hear, such as a progress."""


def unkept(*told: Any) -> Tuning:
    """Return a measured tuning, told last, that nobody keeps."""
    own: Tuning = told[-1]
    return own


def progress_of(on_epoch: Callable[..., bool]) -> Callable[..., None]:
    """Return the function by which progress is told: `on_epoch.progress`, where it has one."""
    found: Callable[..., None] = getattr(on_epoch, "progress", unheard)
    return found


def tuned_of(on_epoch: Callable[..., bool]) -> Callable[..., Tuning]:
    """Return the function that keeps tunings: `on_epoch.tuned`, where it has one."""
    found: Callable[..., Tuning] = getattr(on_epoch, "tuned", unkept)
    return found
