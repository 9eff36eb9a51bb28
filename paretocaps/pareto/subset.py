"""A few rows of a front that stand for all of it."""

import numpy as np

from paretocaps.pareto.matrix import Matrix, Rows


def greedy_subset(front: Matrix, size: int, reference: Matrix) -> Rows:
    """Return `size` rows of a front that together have much of its hypervolume.

    Each is the one that adds the most to those before it (Guerreiro, Fonseca and Paquete 2016), which makes
    63 % of the best subset's hypervolume or more. What a row adds only shrinks as others are chosen, so that
    few are looked at again for each (Minoux 1978).

    Args:
        front: minimized float[n, m] of which no row beats another; rows may be equal.
        size: how many rows, at most n.
        reference: float[m], no better than any row.

    Returns:
        int[size], in the order of `front`.
    """
    distinct, first = np.unique(front, axis=0, return_index=True)
    if len(first) < size:
        others = np.setdiff1d(np.arange(len(front)), first)
        return np.sort(np.concatenate([first, others[: size - len(first)]]))
    whole = np.prod(reference - distinct, axis=1)
    bound, chosen, volume = whole.copy(), np.empty(size, dtype=np.intp), 0.0
    for place in range(size):
        if place:
            _tighten(bound, distinct, chosen[:place], reference, volume)
        row = int(np.argmax(bound))
        volume += float(bound[row])
        chosen[place] = row
        shared = np.prod(reference - np.maximum(distinct, distinct[row]), axis=1)
        bound = np.minimum(bound, whole - shared)
        bound[row] = -np.inf
    return np.sort(first[chosen])


def _tighten(bound: Matrix, front: Matrix, chosen: Rows, reference: Matrix, volume: float) -> None:
    """Replace the largest upper bounds of what rows add to those chosen by what they add."""
    from pymoo.indicators.hv import HV

    measure = HV(ref_point=reference)
    most, rows = -np.inf, np.append(chosen, 0)
    for row in np.argsort(-bound):
        if bound[row] < most:
            return
        rows[-1] = row
        bound[row] = float(measure.do(front[rows])) - volume
        most = max(most, bound[row])
