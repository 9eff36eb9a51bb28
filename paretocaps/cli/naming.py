"""Choices in few words: what sets a trial apart."""

from collections.abc import Mapping, Sequence
from typing import Any

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import ParetocapsError
from paretocaps.report.tables import FLAGS, choices_text, differing_choices


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


def telling_choices(members: Sequence[FrontMember], base: Mapping[str, Any]) -> list[str]:
    """Return the names of the choices in which `members` differ, the more telling first.

    One member differs from `base`, its trainer's defaults; where it does not, it has all to show.

    Those with several values go before those that some members have, with one value, and others not:
    the latter only repeat the choice they depend on.
    """
    if len(members) == 1:
        own = {name: value for name, value in members[0].choices.items() if value is not None}
        return [name for name, value in own.items() if base.get(name) != value] or list(own)
    names = differing_choices(members)
    values = {name: {repr(m.choices[name]) for m in members if name in m.choices} for name in names}
    return sorted(names, key=lambda name: len(values[name]) == 1)


def flag_lines(members: Sequence[FrontMember]) -> list[str]:
    """Return a line for each flag that `members` have: what it means."""
    given = {flag for member in members for flag in member.flags}
    return [f"{flag}: {meaning}" for flag, meaning in FLAGS.items() if flag in given]
