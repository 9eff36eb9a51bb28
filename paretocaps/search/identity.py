"""What makes a study the same study when it is opened again."""

from collections.abc import Mapping
from typing import Any

from paretocaps.domain.spec import StudySpec
from paretocaps.errors import StudyMismatchError

IDENTITY = ("objectives", "trainer", "data", "epochs", "repeats", "fix", "space")
"""Trials are only comparable, and samplers only sane, while these stay what they were."""


def identity(spec: StudySpec) -> dict[str, Any]:
    """Return what may not change in a stored study, as plain values."""
    return {
        "objectives": list(spec.objectives),
        "trainer": spec.trainer,
        "data": spec.data_spec.model_dump(),
        "epochs": spec.epochs,
        "repeats": spec.repeats,
        "fix": spec.fix,
        "space": spec.space,
    }


def refuse_other_study(spec: StudySpec, stored: Mapping[str, Any]) -> None:
    """Refuse to go on with a stored study under another identity.

    Raises:
        StudyMismatchError: naming each thing that differs, as it was and as it is asked for.
    """
    then, now = identity(StudySpec.model_validate(stored)), identity(spec)
    differences = [_difference(name, then[name], now[name]) for name in IDENTITY if then[name] != now[name]]
    if differences:
        raise StudyMismatchError(
            f"study {spec.study!r} was created with {'; '.join(differences)}:"
            " go on with what it has, or choose another --study name"
        )


def _difference(name: str, then: Any, now: Any) -> str:
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        parts = [
            f"{name}.{key}={then.get(key)!r} (now {now.get(key)!r})"
            for key in {**then, **now}
            if then.get(key) != now.get(key)
        ]
        return ", ".join(parts)
    if isinstance(then, list) and isinstance(now, list):
        return f"{name}={','.join(then)} (now {','.join(now)})"
    return f"{name}={then!r} (now {now!r})"
