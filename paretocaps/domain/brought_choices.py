"""The model of the built-in trainer's choices, including the choices that families add."""

from functools import lru_cache
from itertools import chain
from typing import Any

from pydantic import Field, PydanticUserError, TypeAdapter, ValidationError, create_model

from paretocaps.domain.choices import Choices
from paretocaps.domain.condition import Condition
from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.families.family import Family, OwnChoice
from paretocaps.errors import UsageError


def choices_model() -> type[Choices]:
    """Return `Choices` extended by the choices that registered families add (`Family.own`).

    They come last, each with the condition that its family is chosen. A family whose package cannot be
    loaded adds none; choosing it raises an error that explains why.
    """
    return _extended(tuple(family for family in FAMILIES.loadable() if family.own))


@lru_cache
def _extended(families: tuple[Family, ...]) -> type[Choices]:
    if not families:
        return Choices
    brought: dict[str, OwnChoice] = {}
    owners: dict[str, list[str]] = {}
    for family in families:
        for name, own in family.own.items():
            # a name that is taken already is refused when its family is chosen
            if name not in Choices.model_fields and brought.setdefault(name, own) == own:
                owners.setdefault(name, []).append(family.name)
    fields: dict[str, Any] = {
        name: (own.type, Field(own.default, description=own.description)) for name, own in brought.items()
    }
    model = create_model("Choices", __base__=Choices, __module__=__name__, **fields)
    conditions = {
        name: Condition((("family", tuple(owners[name])), *own.when.allowed), own.when.bounds)
        for name, own in brought.items()
    }
    model.conditions = {**Choices.conditions, **conditions}
    return model


def check_family(name: str, family: Family) -> None:
    """Check a family's descriptor as far as it can be checked without its network.

    Raises:
        UsageError: it has another name, names choices that do not exist, or an own choice is not usable.
    """
    if family.name != name:
        raise UsageError(f"its descriptor is called {family.name!r}")
    known = {*Choices.model_fields, *family.own}
    named = {*family.choices, *family.defaults, *family.allowed, *chain(*family.same_as.values())}
    for choice, own in family.own.items():
        _check_own(choice, own)
        named.update(own.when.parents)
    if unknown := sorted(named - known):
        raise UsageError(f"it names {', '.join(map(repr, unknown))}, which is no choice")
    family.default_choices({})


def _check_own(name: str, own: OwnChoice) -> None:
    if name in Choices.model_fields or hasattr(Choices, name):
        raise UsageError(f"it adds the choice {name!r}, a name that is taken: choose another name")
    if not name.isidentifier() or name.startswith("_"):
        raise UsageError(
            f"it adds the choice {name!r}: write letters, digits and underscores, a letter first"
        )
    try:
        TypeAdapter(own.type).validate_python(own.default)
    except ValidationError as error:
        wrong = error.errors()[0]["msg"]
        raise UsageError(
            f"the default {own.default!r} of its choice {name!r} is not allowed: {wrong}"
        ) from None
    except PydanticUserError:
        raise UsageError(
            f"the type {own.type!r} of its choice {name!r} is nothing that pydantic reads"
        ) from None
