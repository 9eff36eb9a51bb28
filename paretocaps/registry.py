"""Registries of pluggable parts by name, resolved lazily so that listing the names imports nothing."""

import importlib
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
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
    """A table from names to objects, or to `"module:attribute"` strings that are imported on first use.

    Args:
        kind: what the names stand for, for error messages ("objective", "sampler", ...).
        entries: the built-in names.
        group: the entry-point group through which installed packages add names.
        of: the class that a plug-in's object must be an instance of; None to skip this check.
    """

    def __init__(
        self,
        kind: str,
        entries: Mapping[str, T | str],
        group: str | None = None,
        of: type | None = None,
    ) -> None:
        self.kind = kind
        self._of = of
        self._entries: dict[str, T | str] = dict(entries)
        self._built_in = frozenset(entries)
        self._group = group

    def register(self, name: str, entry: T | str) -> None:
        """Add `name`; a name that already stands for something else is refused.

        Raises:
            ParetocapsError: the name is taken.
        """
        if self._entries.get(name, entry) != entry or name in self._plugins():
            raise ParetocapsError(f"{self.kind} {name!r} is registered already: choose another name")
        self._entries[name] = entry

    def get(self, name: str) -> T:
        """Return the object called `name`.

        Raises:
            UnknownNameError: there is no such name; the message suggests the nearest one.
            ParetocapsError: a plug-in cannot be loaded; the message names it and its package.
        """
        entry = self._entries.get(name)
        if entry is None:
            plugin = self._plugins().get(name)
            if plugin is None:
                raise UnknownNameError(self.kind, name, self)
            entry = self._entries[name] = self._load(plugin)
        if isinstance(entry, str):
            entry = self._entries[name] = resolve(entry)
        return entry

    def resolve(self, name: str, target: str) -> Any:
        """Import and return `target` (`"module:attribute"`), to which the object called `name` refers.

        Raises:
            ParetocapsError: it cannot be imported; the message names the plug-in and its package.
        """
        try:
            return resolve(target)
        except Exception as error:
            plugin = None if name in self._built_in else self._plugins().get(name)
            if plugin is None:
                raise
            raise ParetocapsError(f"{self._named(plugin)} cannot be loaded: {_one_line(error)}") from error

    def broken(self) -> dict[str, str]:
        """Return the objects that cannot be loaded: by name, one line that explains why."""
        found: dict[str, str] = {}
        for name in self:
            try:
                self.get(name)
            except ParetocapsError as error:
                found[name] = str(error)
        return found

    def loadable(self) -> Iterator[T]:
        """Yield the objects in order, except for plug-ins that cannot be loaded."""
        for name in self:
            with suppress(ParetocapsError):
                yield self.get(name)

    def where(self, test: Callable[[T], bool]) -> Collection[str]:
        """Return a live collection of the names of the objects that pass `test`.

        It includes names that are registered later, and it imports nothing until it is used.
        """
        return _Names(self, test)

    def only_here(self, name: str) -> bool:
        """Return whether `name` was registered in this process only, so that others do not know it."""
        return name in self._entries and name not in self._built_in and name not in self._plugins()

    def __iter__(self) -> Iterator[str]:
        return iter([*self._entries, *(name for name in self._plugins() if name not in self._entries)])

    def __contains__(self, name: object) -> bool:
        return name in self._entries or name in self._plugins()

    def _load(self, plugin: EntryPoint) -> T:
        """Import the object of a plug-in; the message of any error names its package."""
        try:
            found: T = plugin.load()
        except Exception as error:
            raise ParetocapsError(f"{self._named(plugin)} cannot be loaded: {_one_line(error)}") from error
        if self._of is not None and not isinstance(found, self._of):
            wrong = f"its entry point {plugin.value} is a {type(found).__name__}"
            raise ParetocapsError(f"{self._named(plugin)} is not of type {self._of.__name__}: {wrong}")
        return found

    def _named(self, plugin: EntryPoint) -> str:
        """Return text that names a plug-in and its package."""
        package = plugin.dist.name if plugin.dist else "unknown"
        return f"{self.kind} {plugin.name!r} of the package {package!r}"

    def _plugins(self) -> dict[str, EntryPoint]:
        return _entry_points(self._group, tuple(sys.path)) if self._group else {}


@cache
def _entry_points(group: str, path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """Return the entry points of a group by name, cached for each import path `path`.

    The search takes 10 ms, and names are looked up for every trial.
    """
    return {point.name: point for point in entry_points(group=group)}


def _one_line(error: Exception) -> str:
    """Return type and text of `error`, or of the cause of a ParetocapsError, in one line."""
    cause = error.__cause__ if isinstance(error, ParetocapsError) and error.__cause__ else error
    return " ".join(f"{type(cause).__name__}: {cause}".split())


@dataclass(frozen=True, eq=False)
class _Names(Collection[str], Generic[T]):
    """The names in a registry whose objects pass a test."""

    registry: Registry[T]
    test: Callable[[T], bool]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self.registry and self.test(self.registry.get(name))

    def __iter__(self) -> Iterator[str]:
        for name in self.registry:
            with suppress(ParetocapsError):  # a broken plug-in is reported when it is looked up by name
                if self.test(self.registry.get(name)):
                    yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)
