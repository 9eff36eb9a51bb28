"""Compares the identity of a stored study with the spec under which it is opened again."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from paretocaps.data.fingerprint import FolderContent, folder_content
from paretocaps.data.reading import differences
from paretocaps.domain.job import Origin
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS, CheckedData
from paretocaps.domain.wording import counted
from paretocaps.errors import StudyMismatchError
from paretocaps.storage.address import parse_url, place
from paretocaps.storage.records import canonical_json

IDENTITY = ("objectives", "trainer", "data", "epochs", "repeats", "seed", "fix", "space")
"""The settings that may not change, because trials would not compare and samplers would be misled."""

_KEEP = "keep these settings"


def stored_form(spec: StudySpec) -> dict[str, Any]:
    """Return the stored form of a study's spec, which does not depend on where it is opened again.

    The data folder is absolute, fixed choices are parsed, and the trainer's default space is written out.
    The storage is left out, since a database may be moved, and its URL may contain a password, and so are the
    artifacts, as no database may say where files are written; `timeout` and `log` are those of one run.
    """
    trainer = TRAINERS.get(spec.trainer)
    content = spec.model_dump(mode="json", exclude={"storage", "artifacts", "timeout", "log"})
    return content | {
        "data": spec.data_spec.path,
        "fix": trainer.parse_fix(spec.fix),
        "space": trainer.sampled(spec.space).table(),
    }


def identity(spec: StudySpec) -> dict[str, Any]:
    """Return the settings that may not change in a stored study, as plain values."""
    content = stored_form(spec)
    return {name: content[name] for name in IDENTITY if name != "data"} | {
        "data": spec.data_spec.model_dump() | {"parts": spec.parts and str(spec.parts)}
    }


def origin_of(spec: StudySpec, content: FolderContent | None, data: CheckedData) -> Origin:
    """Return what a study's trainings say about it, which is equal for equal studies in one database.

    Args:
        spec: the study's spec.
        content: the `data_content` of its data.
        data: what the trainer found in them.
    """
    own = identity(spec) | {
        "data": spec.data_spec.model_dump(mode="json", exclude={"path"}, exclude_defaults=True)
    }
    seen = {"content": content, "reading": data.reading}
    return Origin(
        storage=place(parse_url(spec.storage)),
        identity=_digest(own),
        data=_digest(seen) if any(seen.values()) else None,
    )


def _digest(values: Mapping[str, Any]) -> str:
    return sha256(canonical_json(values).encode()).hexdigest()


def refuse_other_study(spec: StudySpec, stored: Mapping[str, Any]) -> None:
    """Refuse to continue a stored study under another identity.

    Two folders of images are the same here, wherever they are: `refuse_other_data` compares their content.
    A study that did not store whether all folders are classes was created by a version that read as classes
    what is refused without being asked; `refuse_other_reading` notices where the answer changes what is read.

    Raises:
        StudyMismatchError: the identities differ; the message has each difference, with both values.
    """
    untold = {"classes_are_folders": spec.classes_are_folders} if stored.get("data") else {}
    was = StudySpec.model_validate({**untold, **stored})
    if was.trainer != spec.trainer:  # another trainer does not know the stored choices
        raise _mismatch(spec, [f"trainer={was.trainer!r} (now {spec.trainer!r})"])
    then, now = identity(was), identity(spec)
    if None not in (then["data"]["path"], now["data"]["path"]):
        now["data"]["path"] = then["data"]["path"]
    differences = [_difference(name, then[name], now[name]) for name in IDENTITY if then[name] != now[name]]
    if differences:
        raise _mismatch(spec, differences, *_advice(then, now))


def data_content(spec: StudySpec) -> FolderContent | None:
    """Return the content of the study's local data folder, or None if its data set comes from the catalog."""
    folder = Path(spec.data_spec.path) if spec.data_spec.path else None
    return folder_content(folder) if folder is not None and folder.is_dir() else None


def refuse_other_data(
    spec: StudySpec, place: str | None, then: Mapping[str, Any] | None, now: FolderContent | None
) -> None:
    """Refuse to continue a study whose data folder has changed, or with a folder that has other content.

    Args:
        spec: the study's spec.
        place: the folder that the study was created with; None if its data set comes from the catalog.
        then: the `data_content` at its creation; None for a study of a version that did not store it.
        now: the present `data_content`.

    Raises:
        StudyMismatchError: they differ; the message says how.
    """
    path = spec.data_spec.path
    moved = path if place not in (None, path) else None
    if moved and (then is None or now is None):
        why = "which has no content" if now is None else "which cannot be compared: its content is not stored"
        raise _mismatch(spec, [f"data.path={place!r} (now {path!r}), {why}"])
    if then is None or now is None or dict(then) == now:
        return
    was, found = (f"{seen['bytes']:,} bytes in {counted(seen['files'], 'file')}" for seen in (then, now))
    differing = "other names or content"
    if moved:
        what = f"{was} there, {found} here" if was != found else f"{was} in both, but with {differing}"
        raise StudyMismatchError(
            f"the data in {path!r} are not those of study {spec.study!r}, which were in {place!r} ({what})",
            "name a folder with the same files",
        )
    what = f"{was}, now {found}" if was != found else f"{was} as before, but with {differing}"
    raise StudyMismatchError(
        f"the data in {path!r} changed since study {spec.study!r} was created ({what}), and"
        " trials on other data do not compare",
        "restore the data",
    )


def refuse_other_reading(spec: StudySpec, then: Mapping[str, Any] | None, data: CheckedData) -> None:
    """Refuse to continue a study whose data are the same, but are read otherwise.

    Args:
        spec: the study's spec.
        then: how they were read when it was created; None for a study of a version that did not store it.
        data: what the trainer found in them.

    Raises:
        StudyMismatchError: the readings differ, or nothing is known of the first one and the present one is
            not that of the versions that did not store it; the message says how.
    """
    if data.reading is None:
        return
    if then is not None:
        changed = differences(then, data.reading)
    else:
        changed = [f"{phrase}, unlike then" for phrase in data.anew]
    if changed:
        raise StudyMismatchError(
            f"the data of study {spec.study!r} are read otherwise than when it was created"
            f" ({'; '.join(changed)}), and trials on other images do not compare",
            "choose another --study name",
            "go on with the version that created it",
        )


def _mismatch(
    spec: StudySpec, differences: list[str], why: str = "", remedy: str = _KEEP
) -> StudyMismatchError:
    return StudyMismatchError(f"study {spec.study!r} was created with {'; '.join(differences)}{why}", remedy)


def _advice(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, str]:
    """Return why settings may not change, where that is not obvious, and what to do instead."""
    more = now["repeats"] - then["repeats"]
    if more > 0 and {**then, "repeats": now["repeats"]} == now:
        return "", f"give --more-repeats {more} instead, which trains finished trials with further seeds too"
    if then["epochs"] != now["epochs"]:
        return ", and trainings of different lengths do not compare", _KEEP
    return "", _KEEP


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
