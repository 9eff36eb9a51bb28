"""Several observers as one."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from paretocaps.domain.job import TrainingJob
from paretocaps.domain.progress import WAITS
from paretocaps.errors import UsageError
from paretocaps.search.observer import Observer

_EVENTS = frozenset(name for name in vars(Observer) if not name.startswith("_"))


class Observers(Observer):
    """Shows every event to each of `observers`, in their order."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self.observers = observers

    def __getattribute__(self, name: str) -> Any:
        """Return what passes an event on, so that each observer has every event in its own way."""
        return partial(self._show, name) if name in _EVENTS else super().__getattribute__(name)

    def _show(self, event: str, *arguments: Any) -> None:
        for observer in self.observers:
            getattr(observer, event)(*arguments)


class Remarks(Observer):
    """Tells remarks, and what trainings wait for, as warnings of Python's logger "paretocaps"."""

    def __init__(self) -> None:
        self._log, self._waits = logging.getLogger("paretocaps"), ""

    def notice(self, message: str) -> None:
        """Tell a remark."""
        self._log.warning(message)

    def progress(self, job: TrainingJob, what: str, done: int, total: int) -> None:
        """Tell what a training waits for, once."""
        if what.startswith(WAITS) and what != self._waits:
            self._waits = what
            self._log.warning("trial %d %s", job.trial, what)


def observer_of(observer: Observer | Sequence[Observer] | None) -> Observer:
    """Return one observer, several as one, or one that tells remarks alone.

    Raises:
        UsageError: it is something else.
    """
    if observer is None:
        return Remarks()
    if isinstance(observer, Observer):
        return observer
    several = list(observer) if isinstance(observer, Sequence) else [observer]
    if wrong := [one for one in several if not isinstance(one, Observer)]:
        raise UsageError(
            f"observer={wrong[0]!r:.80} is not understood: give an object of a class of paretocaps.Observer"
        )
    return Observers(several)
