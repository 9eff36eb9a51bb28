"""The model of the built-in trainer's choices, including the choices that families add."""

from functools import lru_cache
from typing import Any

from pydantic import Field, create_model

from paretocaps.domain.choices import Choices
from paretocaps.domain.condition import Condition
from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.families.family import Family, OwnChoice


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
