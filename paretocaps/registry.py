"""Registries of pluggable parts by name, resolved lazily so that listing the names imports nothing."""

import importlib
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar, cast

from paretocaps.errors import ParetocapsError, UnknownNameError, is_out_of_memory

T = TypeVar("T")

_OURS = "paretocaps"


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
        check: a function of the name and the object of a plug-in, as `"module:attribute"`, that raises what
            is wrong with them; empty for none.
        made: a function of a name that is not registered, as `"module:attribute"`, that returns its object,
            or None if the name means nothing to it; empty for none.
    """

    def __init__(
        self,
        kind: str,
        entries: Mapping[str, T | str],
        group: str | None = None,
        of: type | None = None,
        check: str = "",
        made: str = "",
    ) -> None:
        self.kind = kind
        self._of = of
        self._check, self._made = check, made
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

    def put(self, name: str, entry: T | str) -> None:
        """Add `name`, in the place of what was registered in this process under it.

        Raises:
            ParetocapsError: the name is built in or an installed package's.
        """
        if self.only_here(name):
            del self._entries[name]
        self.register(name, entry)

    def get(self, name: str) -> T:
        """Return the object called `name`.

        Raises:
            UnknownNameError: there is no such name; the message suggests the nearest one.
            ParetocapsError: a plug-in cannot be loaded; the message names it and its package.
        """
        entry = self._entries.get(name)
        if entry is None:
            if name not in self._points():
                if self._made and (made := resolve(self._made)(name)) is not None:
                    return cast(T, made)
                raise UnknownNameError(self.kind, name, self)
            entry = self._entries[name] = self._load(name)
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
        except (Exception, SystemExit) as error:
            plugin = self._plugin(name)
            if plugin is None:
                raise
            raise ParetocapsError(f"{self._named(plugin)} cannot be loaded: {_one_line(error)}") from error

    @contextmanager
    def blamed(self, name: str) -> Iterator[None]:
        """Run code of the object called `name`, and report an error in it with the package that it is from.

        Raises:
            ParetocapsError: code of a plug-in failed; the message names it and its package. Memory that ran
                out, and what the built-in objects raise, passes as it is.
        """
        try:
            yield
        except ParetocapsError:
            raise
        except Exception as error:
            plugin = self._plugin(name)
            if plugin is None or is_out_of_memory(error):
                raise
            raise ParetocapsError(f"{self._named(plugin)} failed: {_one_line(error)}") from error

    def broken(self) -> dict[str, str]:
        """Return the objects that cannot be loaded or are ignored: by name, one line that explains why."""
        found: dict[str, str] = {}
        for name in self:
            try:
                self.get(name)
            except ParetocapsError as error:
                found[name] = str(error)
        for name, points in self._points().items():
            for ignored in points if name in self._built_in else points[1:] if _is_ours(points[0]) else ():
                found[name] = f"{self._named(ignored)} is ignored: the name belongs to {_OURS}"
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

    def plugged_in(self, name: str) -> bool:
        """Return whether the object called `name` comes from another package."""
        return self._plugin(name) is not None

    def only_here(self, name: str) -> bool:
        """Return whether `name` was registered in this process only, so that others do not know it."""
        return name in self._entries and name not in self._built_in and name not in self._plugins()

    def __iter__(self) -> Iterator[str]:
        return iter([*self._entries, *(name for name in self._plugins() if name not in self._entries)])

    def __contains__(self, name: object) -> bool:
        return name in self._entries or name in self._plugins()

    def _load(self, name: str) -> T:
        """Import the object of a plug-in; the message of any error names its package."""
        plugin, *others = self._points()[name]
        if others and not _is_ours(plugin):
            packages = " and ".join(repr(_package(point)) for point in (plugin, *others))
            raise ParetocapsError(
                f"{self.kind} {name!r} comes from the packages {packages}: uninstall all but one"
            )
        try:
            found: T = plugin.load()
        except (Exception, SystemExit) as error:
            raise ParetocapsError(f"{self._named(plugin)} cannot be loaded: {_one_line(error)}") from error
        if self._of is not None and not isinstance(found, self._of):
            wrong = f"its entry point {plugin.value} is a {type(found).__name__}"
            raise ParetocapsError(f"{self._named(plugin)} is not of type {self._of.__name__}: {wrong}")
        if self._check and not _is_ours(plugin):
            try:
                resolve(self._check)(name, found)
            except Exception as error:
                wrong = str(error) if isinstance(error, ParetocapsError) else _one_line(error)
                raise ParetocapsError(f"{self._named(plugin)} cannot be used: {wrong}") from error
        return found

    def _named(self, plugin: EntryPoint) -> str:
        """Return text that names a plug-in and its package."""
        return f"{self.kind} {plugin.name!r} of the package {_package(plugin)!r}"

    def _plugin(self, name: str) -> EntryPoint | None:
        """Return the plug-in that `name` stands for; None where it is built in or unknown."""
        found = None if name in self._built_in else self._plugins().get(name)
        return None if found is None or _is_ours(found) else found

    def _plugins(self) -> dict[str, EntryPoint]:
        return {name: points[0] for name, points in self._points().items()}

    def _points(self) -> dict[str, tuple[EntryPoint, ...]]:
        return _entry_points(self._group, tuple(sys.path)) if self._group else {}


@cache
def _entry_points(group: str, path: tuple[str, ...]) -> dict[str, tuple[EntryPoint, ...]]:
    """Return the entry points of a group by name, ours first, cached for each import path `path`.

    The search takes 10 ms, and names are looked up for every trial.
    """
    found: dict[str, tuple[EntryPoint, ...]] = {}
    for point in sorted(entry_points(group=group), key=lambda point: not _is_ours(point)):
        found[point.name] = (*found.get(point.name, ()), point)
    return found


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "unknown"


def _is_ours(point: EntryPoint) -> bool:
    return _package(point) == _OURS


def _one_line(error: BaseException) -> str:
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
