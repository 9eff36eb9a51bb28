"""From stored measurements to a front: read by SQL, ranked by pymoo."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paretocaps.domain.front import FrontMember, FrontRecord
from paretocaps.domain.measurement import MEASURED
from paretocaps.domain.objective import OBJECTIVES, Objective
from paretocaps.domain.requirement import Requirement
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.pareto.front import rank
from paretocaps.pareto.indicators import hypervolume
from paretocaps.pareto.reference import reference_point
from paretocaps.storage.records import StudyRecord, TrialChoices
from paretocaps.storage.store import Store
from paretocaps.storage.table import QuantityTable

FIRST_DESIGNS = 8
"""How many finished trials, by number, fix a study's reference point."""
_WHOLE = ("params", "macs", "memory")


def ranked_front(
    store: Store,
    study: str,
    objectives: Sequence[Objective],
    requirements: Sequence[Requirement] = (),
    device: str | None = None,
) -> FrontRecord:
    """Return the front of the study's finished trials over any objectives that were measured.

    The reference point is the study's own where the objectives are; for another view it comes
    from the same first trials.

    Args:
        store: holds the study.
        study: its name.
        objectives: two or more; no retraining is needed for others than the study's own.
        requirements: trials that miss one are left out before ranking.
        device: rank trials measured on this device only.

    Raises:
        StorageError: no such study.
        UsageError: an objective was not measured, or would be compared across devices.
    """
    table = quantity_table(store, study, objectives, requirements)
    record = store.study(study)
    point = _reference(record, table, objectives)
    table = _one_device(table, objectives, device)
    table = _rows(table, _kept(table, requirements))
    values = _columns(table, objectives)
    rows = rank(values, objectives) if len(table) else np.array([], dtype=np.intp)
    numbers = [int(table.trials[row]) for row in rows]
    chosen = store.members(study, numbers)
    order = _choice_order(record.spec)
    return FrontRecord(
        study=study,
        objectives=tuple(objectives),
        reference_point=point,
        hypervolume=hypervolume(values[rows], point, objectives) if point is not None else 0.0,
        members=tuple(
            _member(table, int(row), chosen[number], objectives, order)
            for row, number in zip(rows, numbers, strict=True)
        ),
    )


@dataclass(frozen=True)
class MeasuredTrials:
    """The finished trials of a study, by number, and the devices they were measured on."""

    members: tuple[FrontMember, ...]
    devices: tuple[str, ...]


def measured_trials(store: Store, study: str, device: str | None = None) -> MeasuredTrials:
    """Return every finished trial with all its common quantities, those of one device if asked.

    Raises:
        StorageError: no such study.
        UnknownNameError: nothing was measured on that device.
    """
    spec = store.study(study).spec
    own = [OBJECTIVES.get(name) for name in spec.get("objectives", ()) if name in OBJECTIVES]
    table = quantity_table(store, study, own)
    if device is not None:
        table = _one_device(table, own, device)
    chosen, order = store.members(study, table.trials.tolist()), _choice_order(spec)
    members = tuple(_member(table, row, trial, own, order) for row, trial in enumerate(chosen.values()))
    return MeasuredTrials(members, tuple(sorted(set(table.devices.tolist()))))


def quantity_table(
    store: Store, study: str, objectives: Sequence[Objective], requirements: Sequence[Requirement] = ()
) -> QuantityTable:
    """Return the study's finished trials with every common quantity and those asked for.

    Raises:
        UsageError: trials are finished, but an objective was measured in none of them.
    """
    asked = [objective.quantity for objective in objectives]
    asked += [OBJECTIVES.get(requirement.name).quantity for requirement in requirements]
    table = store.table(study, tuple(dict.fromkeys([*MEASURED, *asked])))
    for name in asked:
        if len(table) and np.isnan(table.column(name)).all():
            raise UsageError(
                f"study {study!r} did not measure {name!r}: start another study with it among its objectives"
            )
    return table


def fix_reference(store: Store, study: str, objectives: Sequence[Objective]) -> None:
    """Store the study's reference point once its first designs are in; after that it stays."""
    if store.study(study).reference_point is not None:
        return
    table = quantity_table(store, study, objectives)
    if len(table) >= FIRST_DESIGNS:
        values = _columns(table, objectives)[:FIRST_DESIGNS]
        store.set_reference_point(study, reference_point(values, objectives))


def front_trials(store: Store, study: str, objectives: Sequence[Objective]) -> list[int]:
    """Return the trials that are on the study's front, or where it does not compare on any device's."""
    table = quantity_table(store, study, objectives)
    bound = any(objective.device_bound for objective in objectives)
    groups = [table.devices == name for name in sorted(set(table.devices.tolist()))] if bound else None
    found: set[int] = set()
    for rows in groups if groups is not None else [np.ones(len(table), dtype=bool)]:
        part = _rows(table, rows)
        if len(part):
            found.update(part.trials[rank(_columns(part, objectives), objectives)].tolist())
    return sorted(found)


def latest_device(store: Store, study: str) -> str | None:
    """Return the device of the study's last finished trial by number, or None where there is none."""
    devices = store.table(study, ("time",)).devices
    return str(devices[-1]) if len(devices) else None


def named_values(table: QuantityTable, row: int) -> dict[str, float]:
    """Return what was measured of the trial in `row`, by quantity; params and bytes are whole numbers."""
    values = {name: float(table.values[row, column]) for column, name in enumerate(table.quantities)}
    return {
        name: int(value) if name in _WHOLE and value.is_integer() else value
        for name, value in values.items()
        if not np.isnan(value)
    }


def _member(
    table: QuantityTable,
    row: int,
    trial: TrialChoices,
    objectives: Sequence[Objective],
    order: Sequence[str],
) -> FrontMember:
    values = named_values(table, row)
    values |= {o.name: values[o.quantity] for o in objectives if o.quantity in values}
    return FrontMember(
        trial=int(table.trials[row]),
        choices={name: trial.choices[name] for name in [*order, *trial.choices] if name in trial.choices},
        values=values,
        design=trial.design,
        seeds=int(table.seeds[row]),
    )


def _choice_order(spec: Mapping[str, Any]) -> list[str]:
    """Return the trainer's choices in its own order, nothing where it is not installed here."""
    trainer = spec.get("trainer", "")
    return list(TRAINERS.get(trainer).choices.model_fields) if trainer in TRAINERS else []


def _reference(
    study: StudyRecord, table: QuantityTable, objectives: Sequence[Objective]
) -> tuple[float, ...] | None:
    own = tuple(study.spec.get("objectives", ()))
    if study.reference_point is not None and own == tuple(objective.name for objective in objectives):
        return study.reference_point
    values = _columns(table, objectives)[:FIRST_DESIGNS]
    return reference_point(values, objectives) if np.isfinite(values).all(axis=1).any() else None


def _one_device(table: QuantityTable, objectives: Sequence[Objective], device: str | None) -> QuantityTable:
    present = sorted(set(table.devices.tolist()))
    if device is not None:
        if device not in present:
            raise UnknownNameError("device", device, present)
        return _rows(table, table.devices == device)
    bound = [objective.name for objective in objectives if objective.device_bound]
    if bound and len(present) > 1:
        raise UsageError(
            f"{bound[0]} was measured on several devices and does not compare across them:"
            f" choose one with --device ({'; '.join(present)})"
        )
    return table


def _kept(table: QuantityTable, requirements: Sequence[Requirement]) -> NDArray[np.bool_]:
    kept = np.ones(len(table), dtype=bool)
    for requirement in requirements:
        kept &= requirement.kept_by(table.column(OBJECTIVES.get(requirement.name).quantity))
    return kept


def _columns(table: QuantityTable, objectives: Sequence[Objective]) -> NDArray[np.float64]:
    return np.stack([table.column(objective.quantity) for objective in objectives], axis=1)


def _rows(table: QuantityTable, chosen: NDArray[np.bool_]) -> QuantityTable:
    arrays = {f.name: getattr(table, f.name)[chosen] for f in fields(table) if f.name != "quantities"}
    return replace(table, **arrays)
