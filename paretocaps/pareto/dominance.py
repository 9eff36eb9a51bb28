"""The non-dominated fronts of a matrix: the first, or as many layers as are needed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paretocaps.domain.objective import Objective
from paretocaps.pareto.matrix import Matrix, Rows, minimized


def rank(values: ArrayLike, objectives: Sequence[Objective]) -> Rows:
    """Return the rows of `values` that no other row beats.

    A row beats another if it is at least as good in all objectives and better in one. Rows with the same
    values do not beat each other, so all of them are kept: they are different trials. Rows with NaN or an
    infinity are ignored. pymoo's implementation of Kung's algorithm takes O(n log n) for up to three
    objectives (about 3 ms for 10,000 rows of three).

    Args:
        values: float[n, m] in the objectives' own units.
        objectives: the m objectives, in the order of the columns.

    Returns:
        int[k], ordered by the first objective, best first, then by the next objectives, then by row.

    Raises:
        UsageError: `values` does not have one column per objective.
    """
    matrix, rows = minimized(values, objectives)
    front = nondominated(matrix)
    order = np.lexsort(matrix[front].T[::-1])
    return rows[front[order]]


def nondominated(matrix: Matrix) -> Rows:
    """Return int[k], the rows of a finite, minimized float[n, m] that no row beats, in their order."""
    # pymoo's NonDominatedSorting would also rank all other rows
    from pymoo.util.nds.non_dominated_sorting import find_non_dominated

    front: Rows = np.asarray(find_non_dominated(matrix), dtype=np.intp)
    return front


def beats(rows: Matrix, other: Matrix) -> NDArray[np.bool_]:
    """Return where `rows` beat `other`: at least as good in all objectives, and better in one.

    Both are minimized, float[..., m], and broadcast against each other.
    """
    found: NDArray[np.bool_] = np.all(rows <= other, axis=-1) & np.any(rows < other, axis=-1)
    return found


def layers(matrix: Matrix, fewest: int) -> list[Rows]:
    """Return the rows of the first front, of the front without these, and so on: `fewest` rows or more.

    Args:
        matrix: finite, minimized float[n, m].
        fewest: how many rows are needed; all n are returned if it is more than n.
    """
    left: Rows = np.arange(len(matrix))
    found: list[Rows] = []
    while len(left) and sum(map(len, found)) < fewest:
        front = nondominated(matrix[left])
        found.append(left[front])
        left = np.delete(left, front)
    return found
