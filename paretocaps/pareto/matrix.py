"""Sign and finiteness, settled once: the matrix that everything in this package ranks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paretocaps.domain.objective import Objective
from paretocaps.errors import UsageError

Matrix = NDArray[np.float64]
Rows = NDArray[np.intp]


def minimized(values: ArrayLike, objectives: Sequence[Objective]) -> tuple[Matrix, Rows]:
    """Return the finite rows of `values` with less being better everywhere, and which rows they are.

    One NaN row would poison pymoo's sorting and its hypervolume, and an infinite one its scaling,
    so neither gets further than this.

    Args:
        values: float[n, m], one row a trial, one column an objective, in the objectives' own units.
        objectives: the m objectives, in the order of the columns.

    Returns:
        float[k, m], a maximized column negated, and int[k], the rows of `values` that it has.

    Raises:
        UsageError: `values` has not one column an objective.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.size == 0:
        table = table.reshape(0, len(objectives))
    if table.ndim != 2 or table.shape[1] != len(objectives):
        raise UsageError(
            f"values of shape {table.shape} do not fit {len(objectives)} objectives"
            f" ({', '.join(o.name for o in objectives)}): give one row a trial, one column an objective"
        )
    rows = np.flatnonzero(np.isfinite(table).all(axis=1))
    return table[rows] * signs(objectives), rows


def signs(objectives: Sequence[Objective]) -> Matrix:
    """Return float[m]: +1 where less is better, -1 where more is; multiplying twice undoes it."""
    return np.array([objective.sign for objective in objectives], dtype=np.float64)
