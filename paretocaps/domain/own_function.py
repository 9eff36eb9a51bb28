"""Functions of one's own that train or build a network: their names, and where worker processes find them."""

import importlib
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from paretocaps.errors import ParetocapsError, UsageError

VERSION = "1"
"""The version of a function that declares none."""
_GIVEN = ("shape", "classes")
"""The parameters of a network's function that its data decide."""
_TRAINS_WITH = ("choices", "report", "data")
"""The parameters of a function that trains."""
_FUNCTIONS: dict[str, "OwnFunction"] = {}


@dataclass(frozen=True)
class OwnFunction:
    """A function of one's own, or a class of networks.

    Attributes:
        function: the function.
        version: what its author calls this version of it.
    """

    function: Callable[..., Any]
    version: str = VERSION

    @property
    def name(self) -> str:
        """What a study stores of it: "my_module:train_svm@1", or "train_svm@1" if no module has it."""
        module = f"{self.function.__module__}:" if self.importable else ""
        return f"{module}{self.called}@{self.version}"

    @property
    def called(self) -> str:
        """Its name in Python."""
        return getattr(self.function, "__name__", type(self.function).__name__)

    @property
    def importable(self) -> bool:
        """Whether a process of its own can import it: it is no closure, and not of a notebook or a script."""
        module, called = getattr(self.function, "__module__", None) or "__main__", self.called
        if module == "__main__" or module not in sys.modules:
            return False
        return getattr(sys.modules[module], called, None) is self.function and find_spec(module) is not None

    @property
    def trains(self) -> bool:
        """Whether it trains by itself and reports: otherwise it builds a network."""
        return "report" in self.parameters

    @property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """Its parameters by name.

        Raises:
            UsageError: it takes any number of arguments, which no space can name, or trains and needs others
                than it is given.
        """
        if not callable(self.function):
            raise UsageError(f"trainer={self.function!r:.80} is not understood: give a function that trains")
        found = inspect.signature(self.function).parameters
        for one in found.values():
            if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD, one.POSITIONAL_ONLY):
                raise UsageError(
                    f"{self.called}({one}) is no trainer: give it the parameters `choices` and `report` if it"
                    " trains, or one per choice if it builds a network"
                )
        others = [
            name for name, one in found.items() if one.default is one.empty and name not in _TRAINS_WITH
        ]
        if "report" in found and others:
            raise UsageError(
                f"{self.called} trains, as it has a parameter `report`, but is not given {others[0]!r}: its"
                f" parameters are {', '.join(_TRAINS_WITH)}"
            )
        return found

    @property
    def choices(self) -> Mapping[str, Any]:
        """The choices that are parameters of a network's function, with their defaults."""
        if self.trains:
            return {}
        return {name: one.default for name, one in self.parameters.items() if name not in _GIVEN}

    def arguments(self, choices: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what it is called with: its own choices, and what it asks for of what is `given`."""
        known = {**choices, **given}
        return {name: known[name] for name in self.parameters if name in known}


def keep(function: OwnFunction) -> str:
    """Keep a function by its name in this process, in the place of an earlier one, and return the name."""
    _FUNCTIONS.pop(function.name, None)
    _FUNCTIONS[function.name] = function
    return function.name


def kept(function: Callable[..., Any]) -> OwnFunction:
    """Return the function in the version that was kept last; one that was not kept is of `VERSION`."""
    found = (own for own in reversed(_FUNCTIONS.values()) if own.function is function)
    return next(found, OwnFunction(function))


def has(function: Callable[..., Any]) -> bool:
    """Return whether this very function was kept, and not another one of its name."""
    return any(own.function is function for own in _FUNCTIONS.values())


def is_own(name: str) -> bool:
    """Return whether a trainer's name is that of a function of one's own."""
    return "@" in name


def function_of(name: str) -> str:
    """Return what Python calls the function of a trainer's name, which no command has; empty for others."""
    return name.rpartition("@")[0].rpartition(":")[2]


def called(name: str) -> OwnFunction:
    """Return the function of a name, which is imported where this process does not have it.

    Raises:
        ParetocapsError: it cannot be imported; the message says what to pass again.
    """
    if name in _FUNCTIONS:
        return _FUNCTIONS[name]
    place, _, version = name.rpartition("@")
    module, colon, function = place.partition(":")
    remedy = f"pass it again: paretocaps.optimize(study=..., trainer={function if colon else place})"
    if not colon:
        raise ParetocapsError(
            f"trainer {name!r} is the function {place} of a Python session, in version {version}: {remedy}"
        )
    try:
        found: ModuleType = importlib.import_module(module)
        return OwnFunction(getattr(found, function), version)
    except (ImportError, AttributeError) as error:
        raise ParetocapsError(f"trainer {name!r} cannot be imported ({error}): {remedy}") from error


def places() -> tuple[str, ...]:
    """Return the folders from which a worker process imports the functions that this process has."""
    modules = [own.function.__module__ for own in _FUNCTIONS.values() if own.importable]
    files = [(name, sys.modules[name].__file__) for name in modules]
    return tuple(dict.fromkeys(str(_root(name, file)) for name, file in files if file))


def _root(module: str, file: str) -> Path:
    """Return the folder from which a module of a file is imported, above its packages."""
    path = Path(file).resolve()
    above = module.count(".") + (path.name == "__init__.py")
    return path.parents[above]
