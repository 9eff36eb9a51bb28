"""Choices in few words: what sets a trial apart."""

from collections.abc import Mapping, Sequence
from typing import Any

from paretocaps.domain.front import FrontMember
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import ParetocapsError
from paretocaps.report.tables import choices_text, differing_choices


def defaults(trainer: str) -> Mapping[str, Any]:
    """Return the value a trainer gives each choice that a study leaves alone."""
    try:
        fields = TRAINERS.get(trainer).choices.model_fields
    except ParetocapsError:
        return {}
    return {name: field.get_default(call_default_factory=True) for name, field in fields.items()}


def short_choices(choices: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    """Return what `choices` change from `base`, as "lr_policy=one_cycle batch_size=64"."""
    changed = [name for name, value in choices.items() if base.get(name) != value]
    return choices_text(choices, changed) or "defaults"


def telling_choices(members: Sequence[FrontMember]) -> list[str]:
    """Return the names of the choices in which `members` differ, the more telling first.

    Those with several values go before those that some members have, with one value, and others not:
    the latter only repeat the choice they depend on.
    """
    names = differing_choices(members)
    values = {name: {repr(m.choices[name]) for m in members if name in m.choices} for name in names}
    return sorted(names, key=lambda name: len(values[name]) == 1)
