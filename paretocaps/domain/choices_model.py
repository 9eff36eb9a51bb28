"""The base of any trainer's choices: a frozen pydantic model with conditions and a canonical form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from paretocaps.domain.condition import Condition
from paretocaps.domain.wording import refused, wording
from paretocaps.errors import UsageError, did_you_mean
from paretocaps.registry import Registry


@dataclass(frozen=True)
class NameIn:
    """The check that a choice is a name in `registry`; its error suggests the nearest name."""

    registry: Registry[Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let pydantic call the check on the value that it has parsed."""
        return core_schema.no_info_after_validator_function(self._known, handler(source))

    def _known(self, name: str) -> str:
        if name not in self.registry:
            *names, last = map(repr, self.registry)
            known = f"{', '.join(names)} or {last}" if names else last
            context = {"known": known, "nearest": did_you_mean(name, self.registry)}
            raise PydanticCustomError("unknown_name", "Input should be {known}{nearest}", context)
        self.registry.get(name)  # raises if the plug-in cannot be loaded
        return name


class ChoicesModel(BaseModel):
    """Base of a trainer's choices: its values are frozen, it refuses unknown names and knows conditions.

    A subclass lists in `conditions` which choices have a meaning only if other choices have certain values.
    The canonical form (`active`) omits choices without a meaning, so that two sets of choices that train the
    same network are equal. `defaults` gives the defaults that follow from other choices.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    conditions: ClassVar[Mapping[str, Condition]] = {}

    @classmethod
    def defaults(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the defaults that follow from `values`; the others are the defaults of the fields."""
        return {}

    @classmethod
    def respelled(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return other values of some choices with which the canonical `values` train the same.

        By them a design is found in a space that samples another spelling of it.
        """
        return {}

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, values: Any) -> Any:
        return {**cls.defaults(values), **values} if isinstance(values, Mapping) else values

    @model_validator(mode="after")
    def _refuse_meaningless(self) -> Self:
        defaults = self.defaults(dict(self))
        for name in self.model_fields_set & set(self.conditions):
            default = type(self).model_fields[name].default
            meaningless = (default, defaults.get(name, default))
            if not self.is_active(name) and getattr(self, name) not in meaningless:
                raise ValueError(f"{name}={getattr(self, name)!r} only applies where {self.conditions[name]}")
        return self

    def is_active(self, name: str) -> bool:
        """Return whether the choice called `name` has a meaning, given the other choices."""
        condition = self.conditions.get(name)
        return condition is None or condition.holds(lambda parent: getattr(self, parent))

    def active(self) -> dict[str, Any]:
        """Return the canonical form: every choice that has a meaning, by name."""
        return {name: value for name, value in self.model_dump().items() if self.is_active(name)}


def parse_choices(model: type[BaseModel], values: Mapping[str, Any]) -> BaseModel:
    """Return `values`, checked and completed by a trainer's model of choices.

    Raises:
        UsageError: a choice is unknown (the message suggests the nearest one) or a value is out of bounds.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise UsageError(_one_line(model, error)) from None


def canonical_choices(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the canonical form of `values`: checked, completed, without choices that have no meaning.

    Raises:
        UsageError: as `parse_choices`.
    """
    choices = parse_choices(model, values)
    return choices.active() if isinstance(choices, ChoicesModel) else choices.model_dump()


def parse_value(model: type[BaseModel], name: str, value: Any) -> Any:
    """Return the value of one choice as the model parses it, apart from all others: text may become a number.

    Raises:
        UsageError: the choice is unknown (the message suggests the nearest one) or the value out of bounds.
    """
    field = model.model_fields.get(name)
    if field is None:
        known = ", ".join(model.model_fields)
        raise UsageError(f"unknown choice {name!r}{did_you_mean(name, model.model_fields)} (known: {known})")
    annotated: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    try:
        return TypeAdapter(annotated).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"choice {name}={first['input']!r} is not allowed: {wording(first)}") from None


def without_meaningless(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` without the conditional choices that have no meaning, given the others."""
    if not issubclass(model, ChoicesModel):
        return dict(values)
    tentative = model.model_construct(None, **{**model.defaults(values), **values})
    return {name: value for name, value in values.items() if tentative.is_active(name)}


def _one_line(model: type[BaseModel], error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"]) or "choices"
    if first["type"] == "extra_forbidden":
        known = model.model_fields
        return f"unknown choice {name!r}{did_you_mean(name, known)} (known: {', '.join(known)})"
    return refused(first, f"choice {name}")
