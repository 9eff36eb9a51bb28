"""The first non-dominated front."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from paretocaps.domain.objective import Objective
from paretocaps.pareto.matrix import Matrix, Rows, minimized


def rank(values: ArrayLike, objectives: Sequence[Objective]) -> Rows:
    """Return which rows of `values` no other row beats: at least as good everywhere, better somewhere.

    A row with NaN or an infinity never enters. Rows with the same values do not beat each other, so
    all of them are kept: they are different trials. Kung's algorithm by way of pymoo, O(n log n) for
    up to three objectives (10,000 rows of three: about 3 ms).

    Args:
        values: float[n, m] in the objectives' own units.
        objectives: the m objectives, in the order of the columns.

    Returns:
        int[k], best in the first objective first; ties by the next objectives, then by row.

    Raises:
        UsageError: `values` has not one column an objective.
    """
    matrix, rows = minimized(values, objectives)
    front = nondominated(matrix)
    order = np.lexsort(matrix[front].T[::-1])
    return rows[front[order]]


def nondominated(matrix: Matrix) -> Rows:
    """Return int[k]: the rows of a finite, minimized float[n, m] that no row beats, in their order."""
    # the narrowest module that ranks: pymoo's NonDominatedSorting would go on to rank all the others
    from pymoo.util.nds.non_dominated_sorting import find_non_dominated

    front: Rows = np.asarray(find_non_dominated(matrix), dtype=np.intp)
    return front
