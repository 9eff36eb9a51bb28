"""Choices in few words: what sets a trial apart."""

from collections.abc import Iterable, Mapping
from typing import Any

from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import ParetocapsError


def choice_text(value: Any) -> str:
    """Return one choice's value as `--set` reads it; "-" where it has no meaning for a trial."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def defaults(trainer: str) -> Mapping[str, Any]:
    """Return the value a trainer gives each choice that a study leaves alone."""
    try:
        fields = TRAINERS.get(trainer).choices.model_fields
    except ParetocapsError:
        return {}
    return {name: field.get_default(call_default_factory=True) for name, field in fields.items()}


def short_choices(choices: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    """Return what `choices` change from `base`, as "lr_policy=one_cycle batch_size=64"."""
    changed = {name: value for name, value in choices.items() if base.get(name) != value}
    return " ".join(f"{name}={choice_text(value)}" for name, value in changed.items()) or "defaults"


def differing(sets: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the names of the choices that are not the same in all `sets`.

    First those with several values; then those that only have a meaning for some sets, and the same
    value there. Within each, the order is the sets' own.
    """
    sets = list(sets)
    names = dict.fromkeys(name for choices in sets for name in choices)
    values = {name: {repr(choices[name]) for choices in sets if name in choices} for name in names}
    several = [name for name in names if len(values[name]) > 1]
    conditional = [name for name in names if any(name not in choices for choices in sets)]
    return several + [name for name in conditional if name not in several]
