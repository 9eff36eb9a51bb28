"""Several observers as one."""

from collections.abc import Sequence
from functools import partial
from typing import Any

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


def observer_of(observer: Observer | Sequence[Observer] | None) -> Observer:
    """Return one observer, several as one, or one that does nothing."""
    if observer is None:
        return Observer()
    return observer if isinstance(observer, Observer) else Observers(observer)
