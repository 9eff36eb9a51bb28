"""What use cases return, whole, as JSON, so that another machine can show it as this one does."""

import dataclasses
import types
from collections.abc import Collection, Mapping
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from paretocaps.domain.beside_baseline import Baseline
from paretocaps.errors import UsageError
from paretocaps.pareto.along import Change
from paretocaps.report.front import Front

T = TypeVar("T")
WHOLE = "application/vnd.paretocaps.whole+json"
"""The media type of such JSON."""
_NAMES = {"Front": Front, "Change": Change}
"""The types that modules import for their annotations alone."""
_PAIRS = "pairs"
"""The key of a mapping whose keys are not all text."""


def dumped(value: Any) -> Any:
    """Return a value of frozen dataclasses, mappings, tuples and plain values in types that JSON has."""
    if isinstance(value, Baseline):
        return None if value.trainer is None else {"trainer": value.trainer.name, "fix": dict(value.fix)}
    if isinstance(value, Collection) and not isinstance(value, str | Mapping):
        return [dumped(one) for one in value]
    if dataclasses.is_dataclass(value):
        return {field.name: dumped(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        if all(isinstance(name, str) for name in value) and _PAIRS not in value:
            return {name: dumped(one) for name, one in value.items()}
        return {_PAIRS: [[dumped(name), dumped(one)] for name, one in value.items()]}
    return value


def loaded(kind: type[T], value: Any) -> T:
    """Return the value of type `kind` that `dumped` made `value` of.

    Raises:
        UsageError: it is of another version of paretocaps, in which `kind` is otherwise.
    """
    try:
        found: T = _loaded(kind, value)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"the service answers as another version of paretocaps ({type(error).__name__}: {error}): install"
            " the service's version here"
        ) from None
    return found


def _loaded(kind: Any, value: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if value is None:
        return Baseline() if kind is Baseline else None
    if origin in (Union, types.UnionType):
        return _loaded(next(one for one in inner if one is not type(None)), value)
    if kind is Baseline:
        return Baseline.of(value["trainer"], value["fix"])
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind, localns=_NAMES)
        return kind(**{name: _loaded(hints[name], one) for name, one in value.items()})
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind.model_validate(value)
    if isinstance(value, dict):
        pairs = value[_PAIRS] if set(value) == {_PAIRS} else value.items()
        of = inner[1] if len(inner) == 2 else Any
        return {name: _loaded(of, one) for name, one in pairs}
    if isinstance(value, list):
        if kind is Any:
            return value
        each = (
            inner if origin is tuple and Ellipsis not in inner else [inner[0] if inner else Any] * len(value)
        )
        return tuple(_loaded(of, one) for of, one in zip(each, value, strict=True))
    return value
