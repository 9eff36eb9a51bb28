"""Short texts for choices, which tell trials apart."""

from collections.abc import Mapping, Sequence
from typing import Any

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import ParetocapsError
from paretocaps.report.tables import FLAGS, choices_text, differing_choices


def defaults(trainer: str) -> Mapping[str, Any]:
    """Return a trainer's default for each of its choices; empty where the trainer is not known."""
    try:
        fields = TRAINERS.get(trainer).choices.model_fields
    except ParetocapsError:
        return {}
    return {name: field.get_default(call_default_factory=True) for name, field in fields.items()}


def fixed_choices(spec: StudySpec) -> Mapping[str, Any]:
    """Return the fixed choices of a study as its trials have them; as they were given where that is wrong."""
    try:
        return TRAINERS.get(spec.trainer).parse_fix(spec.fix)
    except ParetocapsError:
        return spec.fix


def short_choices(choices: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    """Return the `choices` that differ from `base`, as "lr_policy=one_cycle batch_size=64"."""
    changed = [name for name, value in choices.items() if base.get(name) != value]
    return choices_text(choices, changed) or "defaults"


def telling_choices(members: Sequence[FrontMember], base: Mapping[str, Any]) -> list[str]:
    """Return the names of the choices in which `members` differ, the more informative first.

    Choices with several values come before those that some members have with one value and others lack:
    the latter only repeat the choice on which they depend. Of a single member, the choices that differ from
    `base`, its trainer's defaults, are returned, or all of them where none differs.
    """
    if len(members) == 1:
        own = {name: value for name, value in members[0].choices.items() if value is not None}
        return [name for name, value in own.items() if base.get(name) != value] or list(own)
    names = differing_choices(members)
    values = {name: {repr(m.choices[name]) for m in members if name in m.choices} for name in names}
    return sorted(names, key=lambda name: len(values[name]) == 1)


def flag_lines(members: Sequence[FrontMember]) -> list[str]:
    """Return a line with the meaning of each flag that `members` have."""
    given = {flag for member in members for flag in member.flags}
    return [f"{flag}: {meaning}" for flag, meaning in FLAGS.items() if flag in given]
