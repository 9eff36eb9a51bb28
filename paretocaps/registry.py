"""Names for pluggable parts, resolved lazily so that listing them imports nothing."""

import importlib
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from paretocaps.errors import ParetocapsError, UnknownNameError

T = TypeVar("T")


def resolve(target: str) -> Any:
    """Import and return the object at `"module:attribute"`.

    Raises:
        ParetocapsError: the module or the attribute cannot be imported.
    """
    module, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ParetocapsError(f"cannot load {target!r}: {error}") from error


class Registry(Generic[T]):
    """A table from names to objects, or to `"module:attribute"` strings imported on first use.

    Args:
        kind: what the names stand for, used in error messages ("objective", "sampler", ...).
        entries: the built-in names.
        group: an entry-point group through which installed packages add names.
    """

    def __init__(self, kind: str, entries: Mapping[str, T | str], group: str | None = None) -> None:
        self.kind = kind
        self._entries: dict[str, T | str] = dict(entries)
        self._built_in = frozenset(entries)
        self._group = group

    def register(self, name: str, entry: T | str) -> None:
        """Add `name`; a name that stands for something else already is refused.

        Raises:
            ParetocapsError: the name is taken.
        """
        if self._entries.get(name, entry) != entry or name in self._plugins():
            raise ParetocapsError(f"{self.kind} {name!r} is registered already: choose another name")
        self._entries[name] = entry

    def get(self, name: str) -> T:
        """Return the object called `name`.

        Raises:
            UnknownNameError: no such name; the message has the nearest one.
        """
        if name in self._entries:
            entry = self._entries[name]
        elif name in (plugins := self._plugins()):
            entry = plugins[name].value
        else:
            raise UnknownNameError(self.kind, name, self)
        if isinstance(entry, str):
            entry = resolve(entry)
            self._entries[name] = entry
        return entry

    def only_here(self, name: str) -> bool:
        """Return whether `name` was registered by this process, so that other ones do not know it."""
        return name in self._entries and name not in self._built_in and name not in self._plugins()

    def __iter__(self) -> Iterator[str]:
        return iter([*self._entries, *(name for name in self._plugins() if name not in self._entries)])

    def __contains__(self, name: object) -> bool:
        return name in self._entries or name in self._plugins()

    def _plugins(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self._group)} if self._group else {}
