"""The corners of a study's hypervolume: its reference and its ideal point, fixed by its first trials."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paretocaps.domain.objective import Objective
from paretocaps.pareto.reference import ideal_point, reference_point
from paretocaps.storage.quantity_table import QuantityTable
from paretocaps.storage.records import StudyRecord

FIRST_TRIALS = 8
"""The number of finished trials, the first ones by number, that fix a study's corners."""


class Corners(NamedTuple):
    """The worst and the best corner, one value per objective each, in the objective's own unit."""

    reference: tuple[float, ...]
    ideal: tuple[float, ...]


def fixed_corners(table: QuantityTable, objectives: Sequence[Objective]) -> Corners | None:
    """Return the corners that the study's first trials fix; None while there are too few of them."""
    values = columns(table, objectives)
    first = values[np.isfinite(values).all(axis=1)][:FIRST_TRIALS]
    if len(first) < FIRST_TRIALS:
        return None
    return Corners(reference_point(first, objectives), ideal_point(first, objectives))


def corners_of(
    study: StudyRecord, table: QuantityTable, objectives: Sequence[Objective], *, own: bool = True
) -> Corners | None:
    """Return the study's corners for its own objectives and `own` seconds; else compute them."""
    own = own and tuple(study.spec.get("objectives", ())) == tuple(o.name for o in objectives)
    fixed = fixed_corners(table, objectives)
    if not own or study.reference_point is None:
        return fixed
    ideal = stored_ideal(study, objectives) or (fixed and fixed.ideal)
    return Corners(study.reference_point, ideal) if ideal else fixed


def stored_ideal(study: StudyRecord, objectives: Sequence[Objective]) -> tuple[float, ...] | None:
    """Return the study's ideal point; of a study that stored none, the limits of its objectives."""
    limits = [objective.limit for objective in objectives if objective.limit is not None]
    older = tuple(limits) if study.reference_point and len(limits) == len(objectives) else None
    return study.ideal_point or older


def columns(table: QuantityTable, objectives: Sequence[Objective]) -> NDArray[np.float64]:
    """Return the values of all trials in the objectives, [trials, objectives]."""
    return np.stack([table.column(objective.quantity) for objective in objectives], axis=1)
