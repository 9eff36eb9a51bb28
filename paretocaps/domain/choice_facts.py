"""Facts about a trainer's choices, read from its pydantic model: values, default, condition and meaning."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from paretocaps.domain.choices_model import ChoicesModel, NameIn
from paretocaps.domain.condition import Condition

_BOUNDS = ("ge", "gt", "le", "lt")


@dataclass(frozen=True, kw_only=True)
class ChoiceFacts:
    """One choice of a trainer.

    Attributes:
        name: its name.
        type: the type of its values: "int", "float", "bool", "str", or the model's own name for it.
        values: all its values, if they can be listed.
        meanings: by value, what the value means, if its registry describes it.
        bounds: its bounds, by "ge", "gt", "le" or "lt", as pydantic spells them.
        default: its value when none is given.
        default_where: other defaults: by another choice, then by that choice's value, the default there.
        condition: when it has a meaning; a condition without clauses means always.
        description: what it means, in one sentence; empty if its author gives none.
    """

    name: str
    type: str
    values: tuple[Any, ...] = ()
    meanings: Mapping[Any, str]
    bounds: Mapping[str, float]
    default: Any
    default_where: Mapping[str, Mapping[Any, Any]]
    condition: Condition
    description: str


def choice_facts(model: type[BaseModel]) -> tuple[ChoiceFacts, ...]:
    """Return the facts of all choices of `model`, in its order."""
    conditions = _conditions(model)
    others = _other_defaults(model)
    return tuple(
        _facts(name, field, conditions.get(name, Condition()), others.get(name, {}))
        for name, field in model.model_fields.items()
    )


def _facts(
    name: str, field: FieldInfo, condition: Condition, others: Mapping[str, Mapping[Any, Any]]
) -> ChoiceFacts:
    values = _values(field)
    registry = _registry(field)
    return ChoiceFacts(
        name=name,
        type=type(values[0]).__name__ if values else _type_name(field.annotation),
        values=values,
        meanings={} if registry is None else {key: registry.get(key).description for key in values},
        bounds={
            bound: getattr(limit, bound)
            for limit in field.metadata
            for bound in _BOUNDS
            if getattr(limit, bound, None) is not None
        },
        default=None if field.is_required() else _default(field),
        default_where=others,
        condition=condition,
        description=field.description or "",
    )


def _conditions(model: type[BaseModel]) -> Mapping[str, Condition]:
    return model.conditions if issubclass(model, ChoicesModel) else {}


def _values(field: FieldInfo) -> tuple[Any, ...]:
    """Return all values of a choice, or none if they cannot be listed."""
    registry = _registry(field)
    if registry is not None:  # a plug-in that cannot be loaded is reported when it is looked up by name
        return tuple(registry.where(lambda _: True))
    if field.annotation is bool:
        return (False, True)
    if get_origin(field.annotation) is Literal:
        return get_args(field.annotation)
    if isinstance(field.annotation, type) and issubclass(field.annotation, Enum):
        return tuple(member.value for member in field.annotation)
    return ()


def _registry(field: FieldInfo) -> Any:
    """Return the registry whose names are the values, or None if there is none."""
    return next((found.registry for found in field.metadata if isinstance(found, NameIn)), None)


def _default(field: FieldInfo) -> Any:
    found = field.get_default(call_default_factory=True)
    return found.value if isinstance(found, Enum) else found


def _type_name(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _other_defaults(model: type[BaseModel]) -> dict[str, dict[str, dict[Any, Any]]]:
    """Return the defaults that follow from another choice: by choice, by the other choice, by its value.

    Each of those values is set together with the first values that give its choice a meaning.
    """
    found: dict[str, dict[str, dict[Any, Any]]] = {}
    if not issubclass(model, ChoicesModel):
        return found
    for parent, value, beside in _settings(model):
        before = {**_base(model), **model.defaults(beside)}
        for name, default in model.defaults({**beside, parent: value}).items():
            if name not in beside and default != before.get(name):
                found.setdefault(name, {}).setdefault(parent, {})[value] = default
    return found


def _base(model: type[BaseModel]) -> dict[str, Any]:
    return {name: _default(field) for name, field in model.model_fields.items() if not field.is_required()}


def _settings(model: type[ChoicesModel]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Yield each listable value of each choice, and the values of other choices that give it a meaning."""
    base = _base(model)
    for parent, field in model.model_fields.items():
        beside: dict[str, Any] = {}
        for needed, allowed in _conditions(model).get(parent, Condition()).allowed:
            if base.get(needed) not in allowed:
                beside[needed] = next(iter(allowed))
        for value in _values(field):
            if value != base.get(parent):
                yield parent, value, beside
