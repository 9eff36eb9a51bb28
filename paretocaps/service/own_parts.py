"""Trainers and images of one's own that Python callers pass to a study as what they are."""

from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from paretocaps.data.catalog import DATASETS
from paretocaps.domain.own_function import called, is_own, kept
from paretocaps.domain.own_trainer import register, register_trainer, registered
from paretocaps.domain.study_file import read_study_file
from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec
from paretocaps.domain.trainer import TRAINERS, TrainerSpec
from paretocaps.errors import UsageError, why_not_written
from paretocaps.extras import require

INLINE = "inline"


def placed(given: Mapping[str, Any], spec_file: str | PathLike[str] | None = None) -> dict[str, Any]:
    """Return the options of a study, or of a training, with its images as a folder or by their name.

    Images in memory are written beside the database, which the options or the study file name: as
    `studies/NAME-data/...`, once for the same images.

    Raises:
        DataError: the images have a form that is not understood.
        UsageError: their folder cannot be written, or pyarrow is not installed.
    """
    data = given.get("data")
    if data is None:
        return dict(given)
    if isinstance(data, PathLike):
        return {**given, "data": fspath(data)}
    if isinstance(data, str):
        named = data in DATASETS and not Path(data).exists()
        return {**given, "data": None, "dataset": data} if named else dict(given)
    require("hub", "data in memory, which is kept as parquet files,", "pyarrow")
    from paretocaps.data.own_images import write_images
    from paretocaps.storage.artifacts import folder_beside

    file = read_study_file(fspath(spec_file)) if spec_file else {}
    storage = given.get("storage") or file.get("storage") or DEFAULT_STORAGE
    root = folder_beside(fspath(storage), "data")
    try:
        folder, files = write_images(data, root)
    except OSError as error:
        why = why_not_written(error, "name another storage")
        raise UsageError(f"data cannot be written to {str(root)!r}: {why}") from None
    return {**given, "data": str(folder), "parts": files if "validation" in files else None}


def named(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a study with its trainer by name.

    A function that worker processes cannot import is trained in this process, unless the options say
    otherwise.

    Raises:
        UsageError: the trainer is neither a name, nor a trainer, nor a function.
    """
    trainer = given.get("trainer")
    name = _name(trainer)
    if name is None or not is_own(name) or given.get("executor"):
        return {**given, "trainer": name}
    own = kept(trainer) if callable(trainer) else called(name)
    return {**given, "trainer": name, "executor": None if own.importable else INLINE}


def _name(trainer: object) -> str | None:
    """Return the name of a trainer, which is registered if it is one that is not known yet."""
    if trainer is None or isinstance(trainer, str):
        return trainer
    if isinstance(trainer, TrainerSpec):
        if trainer.name not in TRAINERS:
            register_trainer(trainer)
        elif not is_own(trainer.name) and TRAINERS.get(trainer.name) != trainer:  # a cell that was changed
            TRAINERS.put(trainer.name, trainer)
        return trainer.name
    if not callable(trainer):
        raise UsageError(
            f"trainer={trainer!r:.80} is not understood: give its name, or a function that trains"
        )
    return kept(trainer).name


def settle(given: Mapping[str, Any], spec: StudySpec) -> None:
    """Register the function that trains a study, as given or known here, with what this samples and fixes.

    Raises:
        UsageError: it is no trainer, or there is nothing to sample.
    """
    function = given.get("trainer")
    if not callable(function) and is_own(spec.trainer) and TRAINERS.only_here(spec.trainer):
        function = called(spec.trainer).function  # another study may have registered it with its space
    if not callable(function):
        return
    known = registered(function)
    space = spec.space if isinstance(spec.space, Mapping) else None
    if known is not None and space is None and not spec.fix:
        TRAINERS.put(known.name, known)
        return
    sampled = space if space is not None else known.space.table() if known else {}
    own = kept(function)
    if own.trains and not sampled and not spec.design:
        raise UsageError(
            f"{own.called} has nothing to search: give space={{'choice': [1, 2, 3]}} with its choices"
        )
    designs = {**(known.designs if known else {}), **spec.design}
    register(own, sampled, designs, known.description if known else "", spec.fix)


def settle_alone(trainer: Any, choices: Mapping[str, Any] | None) -> None:
    """Register a function that trains without a study, with the choices that it gets, unless it is known."""
    if callable(trainer) and registered(trainer) is None:
        register(kept(trainer), {}, {}, fixed=choices or {})


def settle_stored(study: str, storage: str, trainer: Any = None) -> None:
    """Register the function that trains a stored study, as given or known here, with what this samples.

    Raises:
        StorageError: there is no such study.
        UsageError: the function is not that of the study.
    """
    from paretocaps.storage.store import Store

    with Store.open(storage, create=False) as store:
        spec = StudySpec.model_validate(store.study(study).spec)
    name = _name(trainer)
    if name not in (None, spec.trainer):
        raise UsageError(
            f"study {study!r} is trained by {spec.trainer!r}, not by {name!r}: leave trainer= out"
        )
    settle({"trainer": trainer}, spec)


def told(spec: StudySpec) -> str:
    """Return what is to be known of a function that is trained in this process; empty for nothing."""
    if not is_own(spec.trainer) or called(spec.trainer).importable:
        return ""
    return (
        f"{spec.trainer} runs in this process, one training at a time, and a crash of it ends the study here:"
        " import it from a module to have worker processes"
    )
