"""From stored measurements to a front: read by SQL, ranked by pymoo."""

from collections.abc import Mapping, Sequence

import numpy as np

from paretocaps.domain.front import FrontMember, FrontRecord
from paretocaps.domain.measurement import MEASURED
from paretocaps.domain.objective import Objective
from paretocaps.domain.requirement import Requirement
from paretocaps.errors import UsageError
from paretocaps.pareto.front import rank
from paretocaps.pareto.indicators import hypervolume
from paretocaps.pareto.reference import reference_point
from paretocaps.storage.store import QuantityTable, Store

FIRST_DESIGNS = 8
"""How many finished trials, by number, fix a study's reference point."""


def ranked_front(
    store: Store,
    study: str,
    objectives: Sequence[Objective],
    requirements: Sequence[Requirement] = (),
    device: str | None = None,
) -> FrontRecord:
    """Return the front of the study's finished trials over any objectives that were measured.

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
    wanted = _quantities(objectives, requirements)
    table = store.table(study, wanted)
    _refuse_unmeasured(study, table, wanted)
    table = _one_device(table, objectives, device)
    point = _reference(store, study, table, objectives)
    table = _meeting(table, requirements)
    values = table.columns([objective.quantity for objective in objectives])
    rows = rank(values, objectives) if len(values) else np.array([], dtype=int)
    members = store.members(study, [int(table.numbers[row]) for row in rows])
    return FrontRecord(
        study=study,
        objectives=tuple(objectives),
        reference_point=point,
        hypervolume=hypervolume(values[rows], point, objectives) if point is not None else 0.0,
        members=tuple(
            FrontMember(
                trial=member.number,
                choices=member.choices,
                values=_named(table, row),
                design=member.design,
                seeds=int(table.seeds[row]),
            )
            for row, member in zip(rows, members, strict=True)
        ),
    )
