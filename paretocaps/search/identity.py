"""What makes a study the same study when it is opened again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paretocaps.data.fingerprint import FolderContent, folder_content
from paretocaps.domain.space import Space
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS, TrainerSpec
from paretocaps.errors import StudyMismatchError

IDENTITY = ("objectives", "trainer", "data", "epochs", "repeats", "seed", "fix", "space")
"""Trials are only comparable, and samplers only sane, while these stay what they were."""


def stored_form(spec: StudySpec) -> dict[str, Any]:
    """Return what is kept of a study's spec: with nothing that depends on where it is opened again.

    The data folder is absolute, fixed choices are read, the trainer's default space is written out; the
    storage is left out, since a database may be moved (and its URL hold a password).
    """
    trainer = TRAINERS.get(spec.trainer)
    content = spec.model_dump(mode="json", exclude={"storage"})
    return content | {
        "data": spec.data_spec.path,
        "fix": trainer.parse_fix(spec.fix),
        "space": _space(spec, trainer).table(),
    }


def identity(spec: StudySpec) -> dict[str, Any]:
    """Return what may not change in a stored study, as plain values."""
    content = stored_form(spec)
    return {name: content[name] for name in IDENTITY if name != "data"} | {
        "data": spec.data_spec.model_dump()
    }


def refuse_other_study(spec: StudySpec, stored: Mapping[str, Any]) -> None:
    """Refuse to go on with a stored study under another identity.

    Raises:
        StudyMismatchError: naming each thing that differs, as it was and as it is asked for.
    """
    was = StudySpec.model_validate(stored)
    if was.trainer != spec.trainer:  # its choices mean nothing to another trainer
        raise _mismatch(spec, [f"trainer={was.trainer!r} (now {spec.trainer!r})"])
    then, now = identity(was), identity(spec)
    differences = [_difference(name, then[name], now[name]) for name in IDENTITY if then[name] != now[name]]
    if differences:
        raise _mismatch(spec, differences)


def data_content(spec: StudySpec) -> FolderContent | None:
    """Return what the study's local data folder holds, or None where its images are known by name."""
    folder = Path(spec.data_spec.path) if spec.data_spec.path else None
    return folder_content(folder) if folder is not None and folder.is_dir() else None


def refuse_other_data(spec: StudySpec, then: Mapping[str, Any] | None, now: FolderContent | None) -> None:
    """Refuse to go on with a study whose data folder holds something else than before.

    Args:
        spec: of the study.
        then: its `data_content` when it was created; None for a study from before that was kept.
        now: the same now.

    Raises:
        StudyMismatchError: naming what differs.
    """
    if then is None or now is None or dict(then) == now:
        return
    was, found = (f"{seen['bytes']:,} bytes in {seen['files']} file(s)" for seen in (then, now))
    what = f"{was}, now {found}" if was != found else f"{was}, whose names or content are others now"
    raise StudyMismatchError(
        f"the data in {spec.data_spec.path!r} changed since study {spec.study!r} was created ({what}), and"
        " trials on other data do not compare: put back what was there, or choose another --study name"
    )


def _space(spec: StudySpec, trainer: TrainerSpec) -> Space:
    return trainer.space if spec.space is None else Space.parse(spec.space)


def _mismatch(spec: StudySpec, differences: list[str]) -> StudyMismatchError:
    return StudyMismatchError(
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
