"""The member of a front that is nearest to aspiration levels, such as an accuracy and a time."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from paretocaps.domain.objective import Objective
from paretocaps.errors import UsageError
from paretocaps.pareto.scaled_front import front_rows

_TIE = 1e-4
"""The weight of the sum of all objectives, by which equal members are told apart."""


def nearest_to(values: ArrayLike, objectives: Sequence[Objective], aims: Mapping[str, float]) -> int:
    """Return the row of `values` that surpasses all aims by most, or falls short of them by least.

    It has the least achievement scalarising value (Wierzbicki 1980): the largest distance of a value from
    its aim, towards worse, in shares of the objective's range over the front, and a ten-thousandth of the sum
    of all scaled objectives. Objectives without an aim count in that sum alone; one of which all of the front
    has the same tells nothing apart.

    Args:
        values: float[n, m] in the objectives' own units; only its front is considered.
        objectives: the m objectives, in the order of the columns.
        aims: levels that are to be reached, by objective.

    Raises:
        UsageError: no row is finite, there is no aim, or `values` does not have one column per objective.
    """
    rows, matrix = front_rows(values, objectives)
    columns = [column for column, objective in enumerate(objectives) if objective.name in aims]
    if not columns:
        raise UsageError(f"no aim is for an objective of this front: {', '.join(o.name for o in objectives)}")
    low, high = matrix.min(axis=0), matrix.max(axis=0)
    size = np.where(high > low, high - low, 1.0)
    columns = [column for column in columns if high[column] > low[column]] or columns
    levels = np.array([objectives[c].sign * aims[objectives[c].name] for c in columns])
    short = ((matrix[:, columns] - levels) / size[columns]).max(axis=1)
    return int(rows[np.argmin(short + _TIE * ((matrix - low) / size).sum(axis=1))])
