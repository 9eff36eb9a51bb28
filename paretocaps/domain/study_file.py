"""Study files, and the one place where flags, study file, the stored study and defaults are joined."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from paretocaps.domain.packaged_specs import PREFIX, packaged_text
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.wording import refused
from paretocaps.errors import UsageError, did_you_mean

_REPLACED: Mapping[str, tuple[str, ...]] = {
    "data": ("dataset",),
    "dataset": ("data", "parts", "classes_are_folders"),
    "parts": ("classes_are_folders",),
    "classes_are_folders": ("parts",),
}
"""The options of lower precedence that an option replaces, because they contradict it."""
PAPER_PARTS = ("scale", "table")
"""What a study file declares for `paretocaps reproduce`, beside its study."""


def resolve_spec(
    flags: Mapping[str, Any], file: Mapping[str, Any] | None = None, stored: Mapping[str, Any] | None = None
) -> StudySpec:
    """Join the options in this order of precedence: flag, study file, the stored study's own, default.

    `fix` tables are joined choice by choice, in the same order. A flag that is None was not given.

    Raises:
        UsageError: an option is unknown (the message suggests the nearest one) or a value is out of bounds.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    layers = [dict(stored or {}), dict(file or {}), given]
    merged: dict[str, Any] = {}
    for layer in layers:
        for name, replaced in _REPLACED.items():
            if layer.get(name) not in (None, False):
                folder = name == "dataset" and merged.get("data") is not None  # which was read so
                gone = (*replaced, "transpose") if folder else replaced
                merged = {other: value for other, value in merged.items() if other not in gone}
        merged |= {**layer, "fix": {**merged.get("fix", {}), **_table(layer, "fix")}}
    if file:
        merged["file_fix"] = dict(_table(file, "fix"))
    return _validate(merged)


def read_study_file(path: str | Path) -> dict[str, Any]:
    """Read a study file (TOML) as a plain dictionary; `resolve_spec` checks its contents.

    What it declares about a paper's tables is left out (`paper_parts`).

    Args:
        path: the file, or `paretocaps:NAME` for one that comes with the package.

    Raises:
        UsageError: the file is missing or not TOML, or has an option that is unknown or not allowed.
        UnknownNameError: no file called NAME comes with the package.
    """
    table = study_part(_toml(path))
    known = [name for name in StudySpec.model_fields if name != "file_fix"]
    for name in table:
        if name not in known:
            raise UsageError(
                f"study file {str(path)!r}: unknown option {name!r}{did_you_mean(name, known)}"
                f" (known: {', '.join(known)})"
            )
    _validate({**table, "study": table.get("study", "default")})
    return table


def study_part(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a study file without what it declares about a paper's tables (`paper_parts`)."""
    return {name: value for name, value in options.items() if name not in PAPER_PARTS}


def paper_parts(path: str | Path) -> dict[str, Any]:
    """Return what a study file declares about a paper's tables, unchecked: its scales and its tables.

    Raises:
        UsageError: the file is missing or not TOML.
    """
    return {name: value for name, value in _toml(path).items() if name in PAPER_PARTS}


def _toml(path: str | Path) -> dict[str, Any]:
    try:
        packaged = str(path).startswith(PREFIX)
        text = packaged_text(str(path)) if packaged else Path(path).read_bytes().decode("utf-8-sig")
        return tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"study file {str(path)!r} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:  # not TOML, not text, a number or a table beyond measure
        raise UsageError(f"study file {str(path)!r} is not valid TOML: {error}") from None


def _table(layer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = layer.get(name) or {}
    if not isinstance(value, Mapping):
        raise UsageError(f"{name}={value!r} is not a table of choices")
    return value


def _validate(values: Mapping[str, Any]) -> StudySpec:
    try:
        return StudySpec.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])) or "study"
        if first["type"] == "extra_forbidden":
            known = StudySpec.model_fields if len(first["loc"]) == 1 else ()
            raise UsageError(f"unknown option {name!r}{did_you_mean(name, known)}") from None
        raise UsageError(refused(first, name)) from None
