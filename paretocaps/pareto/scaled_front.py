"""The values of a front by which members are weighed: factors where there is a limit, scaled to 0 .. 1."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paretocaps.domain.objective import Objective
from paretocaps.errors import UsageError
from paretocaps.pareto.dominance import nondominated, rank
from paretocaps.pareto.matrix import Matrix, Rows, minimized

_WORTH = 2.0
"""The factor up to which a difference of a logarithm counts less than the whole range of an objective."""


class ScaledFront(NamedTuple):
    """The distinct rows of a front: their indices, their values scaled to 0 .. 1, and which columns vary."""

    rows: Rows
    matrix: Matrix
    varying: NDArray[np.bool_]


def front_rows(values: ArrayLike, objectives: Sequence[Objective]) -> tuple[Rows, Matrix]:
    """Return which rows of float[n, m] are its front, and their values with less being better.

    Raises:
        UsageError: no row is finite, or `values` does not have one column per objective.
    """
    rows = rank(values, objectives)
    if len(rows) == 0:
        raise UsageError("the front is empty: no trial has finite values in all objectives")
    return rows, minimized(np.asarray(values)[rows], objectives)[0]


def factors(matrix: Matrix, objectives: Sequence[Objective]) -> tuple[Matrix, Matrix]:
    """Return float[k, m] with logarithms where an objective has a limit, and the least range of each column.

    A value at its limit counts as half the least of the others.
    """
    found, least = matrix.copy(), np.zeros(len(objectives))
    for column, objective in enumerate(objectives):
        if objective.limit is None:
            continue
        distance = matrix[:, column] - objective.sign * objective.limit
        away = distance[distance > 0.0]
        if len(away) > 0 and distance.min() >= 0.0:
            found[:, column] = np.log(np.maximum(distance, away.min() / _WORTH))
            least[column] = math.log(_WORTH)
    return found, least


def scale(matrix: Matrix, least: Matrix | float = 0.0) -> ScaledFront:
    """Reduce float[k, m] to its distinct non-dominated rows, and scale each column to 0 .. 1.

    A column whose range is below `least` is divided by that instead.
    """
    rows = nondominated(matrix)
    peak = np.abs(matrix[rows]).max(axis=0)
    peak = np.where(peak > 0.0, peak, 1.0)  # differences of huge values cannot overflow
    front = matrix[rows] / peak
    low, high = front.min(axis=0), front.max(axis=0)
    varying = high > low
    if not varying.any():
        return ScaledFront(rows[:1], np.zeros((1, 0)), varying)
    scaled = ((front - low) / np.where(varying, np.maximum(high - low, least / peak), 1.0))[:, varying]
    first = np.sort(np.unique(scaled, axis=0, return_index=True)[1])
    kept = first[nondominated(scaled[first])]  # rounding may have made a row equal to a better one
    return ScaledFront(rows[kept], scaled[kept], varying)
