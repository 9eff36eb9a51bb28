"""The scales and the tables of a paper that a study file declares, beside the study itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from paretocaps.domain.claim import Claim
from paretocaps.domain.paper_table import SCALES, PaperTable, Pretraining, Scale
from paretocaps.domain.study_file import paper_parts, read_study_file, resolve_spec
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.wording import wording
from paretocaps.errors import UsageError, did_you_mean

Declared = TypeVar("Declared", bound=BaseModel)

_KEPT = ("published", "storage", "artifacts", "data", "file_fix")
"""The keys of a study file that no scale changes."""
_JOINED = ("fix", "space")
_PRETRAIN = "pretrain"


@dataclass(frozen=True)
class PaperFile:
    """A study file as the command `reproduce` reads it.

    Attributes:
        name: the file's name.
        study: the study, without scales and tables.
        scales: what each scale changes in it, by key.
        tables: the tables that it declares, by name.
        pretraining: how backbones are trained before the study, by scale.
    """

    name: str
    study: Mapping[str, Any]
    scales: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tables: Mapping[str, PaperTable] = field(default_factory=dict)
    pretraining: Mapping[str, Pretraining] = field(default_factory=dict)

    def at(self, scale: Scale) -> dict[str, Any]:
        """Return the study at a scale, under a name of its own; at the scale `paper` it is the file's own.

        `fix`, `space` and each design are joined choice by choice. A scale that names a study shares its
        trainings.
        """
        changed = self.scales.get(scale, {})
        joined = {name: {**self.study.get(name, {}), **changed[name]} for name in _JOINED if name in changed}
        if "design" in changed:
            designs = self.study.get("design", {})
            joined["design"] = {**designs, **_deeper(designs, changed["design"])}
        name = self.study["study"] if scale == "paper" else f"{self.study['study']}-{scale}"
        return {**self.study, "study": name, **changed, **joined}


def _deeper(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {**old.get(name, {}), **choices} for name, choices in new.items()}


def read_paper_file(path: str | Path) -> PaperFile:
    """Read a study file with its scales and tables.

    Raises:
        UsageError: the file cannot be read, or a scale or a table in it is wrong; the message names it.
    """
    study, parts = read_study_file(path), paper_parts(path)
    where = f"study file {str(path)!r}"
    scales, tables = (parts.get(name, {}) for name in ("scale", "table"))
    for name, value in {"scale": scales, "table": tables}.items():
        if not isinstance(value, Mapping) or not all(isinstance(one, Mapping) for one in value.values()):
            raise UsageError(f"{where}: {name} has to be tables by name, such as [{name}.NAME]")
    found = PaperFile(
        Path(path).name,
        study,
        {name: _without(one, _PRETRAIN) for name, one in scales.items()},
        {name: _read(where, f"table.{name}", PaperTable, one) for name, one in tables.items()},
        {
            name: _read(where, f"scale.{name}.{_PRETRAIN}", Pretraining, one[_PRETRAIN])
            for name, one in scales.items()
            if _PRETRAIN in one
        },
    )
    if "study" not in study and (scales or tables):
        raise UsageError(f'{where} has tables or scales but no name: add study = "NAME"')
    _check_scales(where, found)
    _check_tables(where, found)
    return found


def _without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def _read(where: str, name: str, kind: type[Declared], values: Any) -> Declared:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise UsageError(f"{where}: {_problem(name, kind, error.errors())}") from None


def _problem(name: str, kind: type[BaseModel], errors: Sequence[ErrorDetails]) -> str:
    """Return what is wrong with the table `name`, in a line."""
    # an option that is misspelt is often missing, too, and says better what is wrong
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    place = ".".join(map(str, (name, *first["loc"])))
    if first["type"] == "extra_forbidden":
        known = kind.model_fields if len(first["loc"]) == 1 else Claim.model_fields
        return f"unknown option {place!r}{did_you_mean(str(first['loc'][-1]), known)}"
    if first["type"] == "missing":
        return f"{place} is missing: add it"
    if first["type"] == "value_error":
        return f"{place}: {first['ctx']['error']}"
    return f"{place}={first['input']!r} is not allowed: {wording(first)}"


def _check_scales(where: str, file: PaperFile) -> None:
    known = [name for name in StudySpec.model_fields if name not in _KEPT]
    for scale, changed in file.scales.items():
        if scale not in SCALES[:-1]:
            raise UsageError(f"{where}: there is no scale {scale!r}: declare {' or '.join(SCALES[:-1])}")
        for name in changed:
            if name not in known:
                raise UsageError(f"{where}: scale.{scale} cannot change {name!r}{did_you_mean(name, known)}")
        try:
            resolve_spec({}, file.at("quick" if scale == "quick" else "cpu"))
        except UsageError as error:
            raise UsageError(f"{where}: scale.{scale}: {error}") from None


def _check_tables(where: str, file: PaperFile) -> None:
    if not file.tables:
        return
    published = resolve_spec({}, file.study).published
    if published is None:
        raise UsageError(f"{where} has tables but no [published] figures: add them")
    for name, table in file.tables.items():
        try:
            table.of(published)
        except ValueError as error:
            raise UsageError(f"{where}: table.{name}: {error}") from None
