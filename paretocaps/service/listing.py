"""What there is: studies, trainers, objectives, samplers, data sets, and whether it all works here."""

from typing import Any

from paretocaps.domain.objective import OBJECTIVES
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import StorageError


def studies(storage: str = DEFAULT_STORAGE) -> list[dict[str, Any]]:
    """Return one row a stored study: name, when it was created, objectives, trials by state.

    Raises:
        StorageError: no such database.
    """
    from paretocaps.storage.store import Store

    with Store.open(storage, create=False) as store:
        return [
            {
                "study": summary.name,
                "created": summary.created.isoformat(timespec="seconds"),
                "objectives": ",".join(summary.objectives),
                **{str(state): count for state, count in summary.trials.items()},
            }
            for summary in store.studies()
        ]


def trainers() -> list[dict[str, Any]]:
    """Return one row a trainer: name, description, its choices and designs."""
    specs = [TRAINERS.get(name) for name in TRAINERS]
    return [
        {
            "trainer": spec.name,
            "description": spec.description,
            "choices": ", ".join(spec.choices.model_fields),
            "designs": ", ".join(spec.designs),
        }
        for spec in specs
    ]


def objectives() -> list[dict[str, Any]]:
    """Return one row an objective: name, direction, unit, description."""
    known = [OBJECTIVES.get(name) for name in OBJECTIVES]
    return [
        {"objective": o.name, "direction": o.direction, "unit": o.unit, "description": o.description}
        for o in known
    ]


def samplers() -> list[dict[str, Any]]:
    """Return one row a sampler: name, description."""
    from paretocaps.search.samplers import SAMPLERS

    return [{"sampler": name, "description": SAMPLERS.get(name).description} for name in SAMPLERS]


def datasets() -> list[dict[str, Any]]:
    """Return one row a data set of the catalog: name, description, where it comes from."""
    from paretocaps.data.catalog import DATASETS

    entries = [DATASETS.get(name) for name in DATASETS]
    return [{"dataset": e.name, "description": e.description, "origin": e.origin} for e in entries]


def doctor(storage: str = DEFAULT_STORAGE) -> list[dict[str, Any]]:
    """Return one row a check of this installation: check, result, ok."""
    from paretocaps.execution.doctor import check_machine
    from paretocaps.storage.store import Store

    try:
        with Store.open(storage, create=False) as store:
            kept = f"{len(store.studies())} studies in {storage}"
        stored = {"check": "storage", "result": kept, "ok": True}
    except StorageError as error:
        stored = {"check": "storage", "result": str(error), "ok": storage == DEFAULT_STORAGE}
    return [*check_machine(), stored]
