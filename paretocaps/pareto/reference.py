"""The two corners of the hypervolume, fixed once per study: its reference point and its ideal point."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from paretocaps.domain.objective import Objective
from paretocaps.errors import UsageError
from paretocaps.pareto.matrix import Matrix, minimized, signs

MARGIN = 0.1


def reference_point(values: ArrayLike, objectives: Sequence[Objective]) -> tuple[float, ...]:
    """Return the point that is a tenth worse than the worst of `values` in every objective.

    It is worst x 1.1 for a minimized objective, and worst - 10 % of |worst| for a maximized one (0.90
    accuracy gives 0.81). If the worst value is 0, a tenth of it would be no margin, and the worst trial
    would never count; the margin is then a tenth of the objective's spread, or 0.1 units if there is no
    spread. Rows with NaN or an infinity are ignored.

    Args:
        values: float[n, m] of the study's first trials, in the objectives' own units.
        objectives: the m objectives, in the order of the columns.

    Returns:
        m values in the objectives' own units and directions.

    Raises:
        UsageError: no row is finite, or `values` does not have one column per objective.
    """
    matrix = _finite(values, objectives)
    worst = matrix.max(axis=0)
    point = (worst + MARGIN * _size(worst, matrix)) * signs(objectives)
    return tuple(float(value) for value in point)


def ideal_point(values: ArrayLike, objectives: Sequence[Objective]) -> tuple[float, ...]:
    """Return the best corner: the limit of every objective that has one, such as 1 for an accuracy.

    Of an objective without a limit, or with values beyond it, it is a tenth better than the best of `values`,
    by the same margin as that of the reference point; later trials may then pass it.

    Args:
        values: float[n, m] of the study's first trials, in the objectives' own units.
        objectives: the m objectives, in the order of the columns.

    Returns:
        m values in the objectives' own units and directions.

    Raises:
        UsageError: no row is finite, or `values` does not have one column per objective.
    """
    matrix = _finite(values, objectives)
    best = matrix.min(axis=0)
    point = (best - MARGIN * _size(best, matrix)) * signs(objectives)
    sides = zip(objectives, best.tolist(), point.tolist(), strict=True)
    return tuple(value if o.limit is None or o.sign * o.limit > own else o.limit for o, own, value in sides)


def _finite(values: ArrayLike, objectives: Sequence[Objective]) -> Matrix:
    matrix, _ = minimized(values, objectives)
    if len(matrix) == 0:
        raise UsageError("no trial has finite values in all objectives: a reference point needs one")
    return matrix


def _size(point: Matrix, matrix: Matrix) -> Matrix:
    """Return what the margin is a tenth of: the value, else the spread, else one unit."""
    spread = matrix.max(axis=0) - matrix.min(axis=0)
    return np.where(point != 0.0, np.abs(point), np.where(spread > 0.0, spread, 1.0))
