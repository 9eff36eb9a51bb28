"""Trials beside the baseline of their study, in short text: only the choices that differ."""

from collections.abc import Mapping, Sequence
from typing import Any

from paretocaps.domain.beside_baseline import Baseline
from paretocaps.domain.front_record import FrontMember
from paretocaps.report.tables import choice_text

NOTHING = "the baseline"
"""What a trial is called that differs in nothing."""


def beside_texts(members: Sequence[FrontMember], baseline: Baseline) -> list[str]:
    """Return for each trial the choices that differ from the baseline's: "wab: lr_policy=warm_restarts ...".

    Choices in which several trials all differ in the same way are left out: `common_text` has them.
    Numbers have three significant figures.
    """
    common = _common(members, baseline)
    found = zip(members, _differences(members, baseline), strict=True)
    return [
        _named(member, {name: value for name, value in own.items() if name not in common}, common)
        for member, own in found
    ]


def common_text(members: Sequence[FrontMember], baseline: Baseline) -> str:
    """Return the choices in which all of several trials differ from the baseline in the same way."""
    return _text(_common(members, baseline))


def beside_text(member: FrontMember, baseline: Baseline) -> str:
    """Return the choices in which one trial differs from the baseline; "the baseline" for none."""
    return beside_texts([member], baseline)[0]


def choices_beside(choices: Mapping[str, Any], baseline: Baseline) -> str:
    """Return those of some choices that differ from the baseline's; "the baseline" for none."""
    return _text(baseline.differences(choices)) or NOTHING


def short_value(value: Any) -> str:
    """Return a choice's value in short: numbers with three significant figures."""
    return f"{value:.3g}" if isinstance(value, float) else choice_text(value)


def _differences(members: Sequence[FrontMember], baseline: Baseline) -> list[dict[str, Any]]:
    return [baseline.differences(member.choices) for member in members]


def _common(members: Sequence[FrontMember], baseline: Baseline) -> dict[str, Any]:
    first, *others = _differences(members, baseline) or [{}]
    if not others:
        return {}
    return {name: value for name, value in first.items() if all(own.get(name) == value for own in others)}


def _named(member: FrontMember, choices: Mapping[str, Any], common: Mapping[str, Any]) -> str:
    """Return the choices with the name of the design before them, where the trial has one."""
    text = _text(choices)
    if member.design and (text or common):
        return f"{member.design}: {text}" if text else member.design
    return text or ("-" if common else NOTHING)


def _text(choices: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={short_value(value)}" for name, value in choices.items())
