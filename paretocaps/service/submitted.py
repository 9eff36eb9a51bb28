"""What may be submitted: options that leave the service's own places and settings alone."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.data.catalog import DATASETS
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import UnknownNameError, UsageError, did_you_mean
from paretocaps.search.checked_study import check_study
from paretocaps.search.identity import refuse_other_study
from paretocaps.search.samplers import SAMPLERS
from paretocaps.service.running import requested
from paretocaps.service.study_schema import OF_SERVICE
from paretocaps.service.uploading import data_path

if TYPE_CHECKING:
    from paretocaps.storage.store import Store

PICKS = frozenset({"trial", "knee", "best", "preferences", "aim", "require", "all", "seed"})
"""The options that pick a trial of a study."""

_OF_TRAINING = frozenset({"epochs", "device", "checkpoint_every", "settings"})
_OF_EXPORT = frozenset({"class_names", "onnx", "training"})
_FILES = frozenset({"checkpoint"})  # choices whose values are files
_MOST = {"trials": 1_000_000, "epochs": 100_000}


def check_submitted(
    kind: str, study: str, options: Mapping[str, Any], data_root: Path | None, folder: Path, store: "Store"
) -> int:
    """Check what is submitted, as far as that is possible before it runs; return the trials that it asks for.

    Args:
        kind: "study", "training" or "export".
        study: the name of the study.
        options: what is asked for, by name.
        data_root: the folder below which the data of studies lie; None for none.
        folder: the service folder, which has the uploads.
        store: the open storage.

    Raises:
        UsageError: an option is not allowed, or only the service may set it.
        DataError: the data are not in the data root.
        MissingError: there is no such upload.
        UnknownNameError: there is no such data set, or another name is unknown.
        StudyMismatchError: there is a study of that name with other settings, which may not change.
    """
    if kind == "study":
        trials = _check_study(study, options, data_root, folder, store).trials
        _refuse_no_json(options)
        return trials
    allowed = PICKS | (_OF_TRAINING if kind == "training" else _OF_EXPORT)
    for name in options:
        if name not in allowed:
            raise UsageError(
                f"option {name!r} of the {kind} is not allowed{did_you_mean(name, allowed)} (allowed:"
                f" {', '.join(sorted(allowed))})"
            )
    _refuse_files(options.get("settings") or {}, "settings")
    _refuse_no_json(options)
    return 1 if kind == "training" else 0


def placed_data(options: Mapping[str, Any], data_root: Path | None, folder: Path) -> dict[str, Any]:
    """Return the options of a study with the absolute folder of its data.

    Raises:
        DataError: it is not in the data root.
        MissingError: there is no such upload.
    """
    placed = dict(options)
    if placed.get("data") is not None:
        placed["data"] = str(data_path(data_root, str(placed["data"]), folder))
    return placed


def refuse_files(options: Mapping[str, Any]) -> None:
    """Check that the choices of a study name no file of the service's machine.

    Raises:
        UsageError: they do.
    """
    for name in ("fix", "space"):
        _refuse_files(options.get(name) or {}, name)
    designs = options.get("design")
    for design in designs.values() if isinstance(designs, Mapping) else ():
        _refuse_files(design, "design")


def refuse_own_trainer(options: Mapping[str, Any]) -> None:
    """Refuse a trainer that is not registered: a function's name would be imported to be found.

    Raises:
        UnknownNameError: it is one.
    """
    trainer = options.get("trainer")
    if trainer is not None and trainer not in list(TRAINERS):
        raise UnknownNameError("trainer", str(trainer), TRAINERS)


def _check_study(
    study: str, options: Mapping[str, Any], data_root: Path | None, folder: Path, store: "Store"
) -> StudySpec:
    if options.get("study", study) != study:
        raise UsageError(f"study={options['study']!r} is not the study {study!r}: give one of them")
    for name in options:
        if name in OF_SERVICE:
            raise UsageError(f"{name} may not be set in a submitted study, only by the service: leave it out")
        if name not in StudySpec.model_fields:
            raise UsageError(f"unknown option {name!r}{did_you_mean(name, StudySpec.model_fields)}")
    refuse_own_trainer(options)
    sampler = options.get("sampler")
    if sampler is not None and sampler not in list(SAMPLERS):
        raise UnknownNameError("sampler", str(sampler), SAMPLERS)
    refuse_files(options)
    placed = placed_data(options, data_root, folder)
    spec = requested({**placed, "study": study, "storage": store.url}, None, None, store)
    for name, most in _MOST.items():
        if (value := getattr(spec, name)) > most:
            raise UsageError(f"{name}={_short(value)} is not allowed: a submitted study has at most {most:,}")
    checked = check_study(spec)
    if checked.trainer.named_data and spec.data_spec.name is not None:
        DATASETS.get(spec.data_spec.name)
    if store.has_study(study):
        refuse_other_study(checked.spec, store.study(study).spec)
    return spec


def _refuse_no_json(options: Mapping[str, Any]) -> None:
    """Refuse what cannot be stored, nor shown to those who look at the queue, such as infinite durations."""
    for name, value in options.items():
        try:
            json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
        except (TypeError, ValueError, RecursionError):
            raise UsageError(
                f"{name}={value!r:.80} is no value of JSON: give a finite number or text"
            ) from None


def _short(number: int) -> str:
    return f"{str(number)[:12]}..." if number >= 10**12 else str(number)


def _refuse_files(choices: object, where: str) -> None:
    names = [choices] if isinstance(choices, str) else choices
    if isinstance(names, Mapping | list | tuple):
        for name in names:
            if str(name).partition("=")[0].strip() in _FILES:
                raise UsageError(
                    f"{name!r} in {where} may not be set in a submitted study: it is a file of the service"
                )
