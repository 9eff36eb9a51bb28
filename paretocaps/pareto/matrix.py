"""The matrix that everything in this package ranks; its signs and finiteness are settled here once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paretocaps.domain.objective import Objective
from paretocaps.errors import UsageError

Matrix = NDArray[np.float64]
Rows = NDArray[np.intp]


def minimized(values: ArrayLike, objectives: Sequence[Objective]) -> tuple[Matrix, Rows]:
    """Return the finite rows of `values` with signs so that less is better, and their indices.

    One row with NaN would spoil pymoo's sorting and hypervolume, and an infinite one its scaling, so both are
    removed here.

    Args:
        values: float[n, m], one row per trial and one column per objective, in the objectives' own units.
        objectives: the m objectives, in the order of the columns.

    Returns:
        float[k, m], with maximized columns negated, and int[k], the indices of its rows in `values`.

    Raises:
        UsageError: `values` does not have one column per objective.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.size == 0:
        table = table.reshape(0, len(objectives))
    if table.ndim != 2 or table.shape[1] != len(objectives):
        raise UsageError(
            f"values of shape {table.shape} do not fit {len(objectives)} objectives"
            f" ({', '.join(o.name for o in objectives)}): give one row per trial, one column per objective"
        )
    rows = np.flatnonzero(np.isfinite(table).all(axis=1))
    return table[rows] * signs(objectives), rows


def signs(objectives: Sequence[Objective]) -> Matrix:
    """Return float[m]: +1 if less is better, else -1; multiplying by it twice changes nothing."""
    return np.array([objective.sign for objective in objectives], dtype=np.float64)
