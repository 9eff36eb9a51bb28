"""The hypervolume that one more point is expected to add to a front."""

import numpy as np
from scipy.special import ndtr

from paretocaps.pareto.dominance import nondominated
from paretocaps.pareto.matrix import Matrix
from paretocaps.pareto.subset import greedy_subset

_LARGEST, _OF_MANY = {4: 200, 5: 60}, 30
"""The most points of a front whose boxes are computed, over four and five objectives, and over more."""
_AT_ONCE = 256  # candidates
_VALUES = 4_000_000  # of boxes of candidates at once, which bounds the memory


def dominated_boxes(points: Matrix, reference: Matrix) -> tuple[Matrix, Matrix]:
    """Return disjoint boxes whose union is what `points` dominate up to the reference point.

    Algorithm 2 and equation 2 of Lacour, Klamroth and Fonseca (2017), "A box decomposition algorithm to
    compute the hypervolume indicator": of each local upper bound of the front, the points that define it
    are kept, and these give its box. For three objectives, there are about two boxes per point of the front.

    Args:
        points: float[n, m], minimized and finite; those that are not better than the reference point in every
            objective are ignored.
        reference: float[m].

    Returns:
        float[b, m] and float[b, m], the lower and the upper corners of b boxes.
    """
    better = points[(points < reference).all(axis=1)]
    front = np.unique(better[nondominated(better)], axis=0) if len(better) else better  # sorted by columns
    m = len(reference)
    bounds = reference[None]  # the local upper bounds, float[u, m]
    defining = np.full((1, m, m), -np.inf)  # the point that defines each coordinate of each bound
    defining[0, range(m), range(m)] = reference
    others = np.where(np.eye(m, dtype=bool), -np.inf, 0.0)
    others[:, 0] = -np.inf  # the points come in the order of the first objective
    for point in front:
        above = (point < bounds).all(axis=1)
        split, kept = defining[above], defining[~above]
        which, axis = np.nonzero(point >= (split + others).max(axis=1))
        rows = np.arange(len(which))
        new, by = bounds[above][which], split[which]
        new[rows, axis], by[rows, axis] = point[axis], point
        bounds, defining = np.concatenate([bounds[~above], new]), np.concatenate([kept, by])
    low, high = np.empty_like(bounds), bounds.copy()
    low[:, 0], high[:, 0] = defining[:, 0, 0], reference[0]
    before = np.maximum.accumulate(defining, axis=1)
    for j in range(1, m):
        low[:, j] = before[:, j - 1, j]
    full = (low < high).all(axis=1)
    return low[full], high[full]


def thinned(front: Matrix, reference: Matrix) -> Matrix:
    """Return a front, or of a large one over many objectives some points that have much of its hypervolume.

    Below n points over m objectives there are up to n^(m // 2) boxes, which would take minutes.

    Args:
        front: float[n, m], minimized and finite.
        reference: float[m].
    """
    m = len(reference)
    most = len(front) if m < 4 else _LARGEST.get(m, _OF_MANY)
    if len(front) <= most:
        return front
    return front[greedy_subset(np.minimum(front, reference), most, reference)]


def expected_improvement(mean: Matrix, deviation: Matrix, points: Matrix, reference: Matrix) -> Matrix:
    """Return the hypervolume that each candidate is expected to add to `points` (EHVI, Emmerich 2005).

    The objectives of a candidate are taken as independent and normal. Its dominated volume is that up to the
    reference point without the part that `points` dominate already, and the expectation of a box's share is
    a product over the objectives.

    Args:
        mean, deviation: float[c, m], what is predicted of each candidate, minimized; a deviation of 0 is a
            value that is known.
        points: float[n, m], minimized and finite.
        reference: float[m].

    Returns:
        float[c], in the product of the objectives' units, never below 0.
    """
    low, high = dominated_boxes(points, reference)
    found = np.empty(len(mean))
    step = min(_AT_ONCE, max(1, _VALUES // max(1, low.size)))
    for start in range(0, len(mean), step):
        some = slice(start, start + step)
        own = mean[some, None], deviation[some, None]
        whole = _below(reference, *own).prod(axis=2)[:, 0]
        known = (_below(high, *own) - _below(low, *own)).prod(axis=2).sum(axis=1)
        found[some] = np.maximum(whole - known, 0.0)
    return found


def _below(bound: Matrix, mean: Matrix, deviation: Matrix) -> Matrix:
    """Return the expectation of max(bound - y, 0) for a normal y, float[c, b, m]."""
    gap = bound - mean
    safe = np.where(deviation > 0.0, deviation, 1.0)
    z = gap / safe
    density = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    expected: Matrix = np.where(deviation > 0.0, gap * ndtr(z) + safe * density, np.maximum(gap, 0.0))
    return expected
