"""Lists trainers, objectives, samplers, data sets and study files, and checks this installation."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.objective import OBJECTIVES
from paretocaps.domain.packaged_specs import PREFIX, packaged_specs, packaged_text, title
from paretocaps.domain.quantities.quantities import QUANTITIES
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import NoStudiesError, ParetocapsError, StorageError
from paretocaps.masking import masked
from paretocaps.registry import Registry


def study_names(storage: str = DEFAULT_STORAGE) -> list[str]:
    """Return the names of the stored studies, oldest first, without waiting for a database that is away.

    Raises:
        StorageError: there is no such database, or it cannot be read now.
    """
    from paretocaps.storage.patience import Patience
    from paretocaps.storage.store import Store

    with Store.open(storage, create=False, patience=Patience(0.0)) as store:
        return store.study_names()


def trainers() -> list[dict[str, Any]]:
    """Return one row per trainer, with its choices, designs and spaces; a broken one has its error."""
    rows = [
        {
            "trainer": spec.name,
            "description": spec.description,
            "choices": ", ".join(spec.choices.model_fields),
            "designs": ", ".join(spec.designs),
            "spaces": ", ".join(spec.spaces),
        }
        for spec in TRAINERS.loadable()
    ]
    for name, why in TRAINERS.broken().items():
        rows.append({"trainer": name, "description": why, "choices": "", "designs": "", "spaces": ""})
    return rows


def objectives() -> list[dict[str, Any]]:
    """Return one row per objective: name, direction, unit, description."""
    rows = [
        {"objective": o.name, "direction": o.direction, "unit": o.unit, "description": o.description}
        for o in OBJECTIVES.loadable()
    ]
    for name, why in {**OBJECTIVES.broken(), **QUANTITIES.broken()}.items():
        rows.append({"objective": name, "direction": "", "unit": "", "description": why})
    return rows


def samplers() -> list[dict[str, Any]]:
    """Return one row per sampler: name, description."""
    from paretocaps.search.samplers import SAMPLERS

    rows = []
    for name in SAMPLERS:
        with suppress(ParetocapsError):  # its row is among the broken ones
            rows.append({"sampler": name, "description": SAMPLERS.get(name).description})
    return [*rows, *({"sampler": name, "description": why} for name, why in SAMPLERS.broken().items())]


def datasets() -> list[dict[str, Any]]:
    """Return one row per data set of the catalog: name, description, origin; a broken one has its error."""
    from paretocaps.data.catalog import DATASETS

    entries, broken = DATASETS.loadable(), DATASETS.broken()
    rows = [{"dataset": e.name, "description": e.description, "origin": e.origin} for e in entries]
    return [*rows, *({"dataset": name, "description": why, "origin": ""} for name, why in broken.items())]


def specs() -> list[dict[str, Any]]:
    """Return one row per study file that comes with the package: name, data set, objectives, size, title."""
    from paretocaps.domain.study_file import read_study_file, resolve_spec

    rows = []
    for name in packaged_specs():
        spec = resolve_spec({}, read_study_file(f"{PREFIX}{name}"))
        row = {"spec": f"{PREFIX}{name}", "dataset": spec.dataset, "objectives": ",".join(spec.objectives)}
        size = {"trials": spec.trials, "epochs": spec.epochs}
        rows.append({**row, **size, "about": title(packaged_text(name))})
    return rows


def doctor(storage: str = DEFAULT_STORAGE) -> list[dict[str, Any]]:
    """Return one row per check of this installation: check, result, ok."""
    from paretocaps.execution.doctor import check_machine
    from paretocaps.storage.store import Store

    try:
        with Store.open(storage, create=False) as store:
            kept = f"{len(store.study_names())} studies in {masked(storage)}"
        stored = {"check": "storage", "result": kept, "ok": True}
    except StorageError as error:
        file = Path(DEFAULT_STORAGE.removeprefix("sqlite:///"))
        none_yet = storage == DEFAULT_STORAGE and (isinstance(error, NoStudiesError) or not file.exists())
        stored = {"check": "storage", "result": str(error), "ok": none_yet}
    return [*check_machine(), stored, *_plug_ins()]


def _plug_ins() -> list[dict[str, Any]]:
    """Return one row per plug-in that cannot be loaded."""
    from paretocaps.data.catalog import DATASETS
    from paretocaps.execution.executor import EXECUTORS
    from paretocaps.loggers.logger import LOGGERS
    from paretocaps.search.samplers import SAMPLERS
    from paretocaps.search.stopping.stopper import STOPPERS

    models = TRAINERS, FAMILIES, ROUTINGS, OBJECTIVES, QUANTITIES
    registries: tuple[Registry[Any], ...] = (*models, SAMPLERS, DATASETS, EXECUTORS, LOGGERS, STOPPERS)
    lines = [line for registry in registries for line in registry.broken().values()]
    return [{"check": "plug-in", "result": line, "ok": False} for line in lines]
