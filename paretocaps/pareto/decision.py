"""Which member of a front to take: its knee, or the nearest to one's preferences."""

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paretocaps.domain.objective import Objective
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.pareto.dominance import nondominated, rank
from paretocaps.pareto.matrix import Matrix, Rows, minimized

_FEWEST_TRADE_OFFS = 4
"""With fewer distinct points every trade-off is one between extremes, and pymoo has no answer."""


class _Scaled(NamedTuple):
    """The distinct rows of a front: which they are, their columns from 0 to 1, which columns those are."""

    rows: Rows
    matrix: Matrix
    varying: NDArray[np.bool_]


def knee(values: ArrayLike, objectives: Sequence[Objective]) -> int:
    """Return the row of `values` that is hardest to leave: any gain nearby costs much elsewhere.

    Every objective is scaled to 0 (best of the front) .. 1 (worst); constant ones and repeated rows
    do not count. Of the front's high trade-off points (Rachmawati and Srinivasan 2009, by pymoo),
    the one nearest to the ideal point; where there is none, and on fronts of up to three distinct
    points, the nearest of all. Ties go to the row that is better in the first objective, so a front
    of one row, or of equal rows, has an answer, and one of two extremes too.

    Args:
        values: float[n, m] in the objectives' own units; only its front is looked at.
        objectives: the m objectives, in the order of the columns.

    Raises:
        UsageError: no row is finite, or `values` has not one column an objective.
    """
    rows, matrix = _front(values, objectives)
    scaled = _scale(matrix)
    candidates = _high_trade_offs(scaled.matrix)
    distance = np.linalg.norm(scaled.matrix[candidates], axis=1)
    return int(rows[scaled.rows[candidates[np.argmin(distance)]]])


def pick(values: ArrayLike, objectives: Sequence[Objective], preferences: Mapping[str, float]) -> int:
    """Return the row of `values` whose strengths are nearest to `preferences`.

    A row's strengths are its distances from the worst value of the front in each objective, scaled
    and divided by their sum (pseudo-weights, Deb 2001, by pymoo). Objectives without a preference
    are not looked at, so `{"acc": 1}` is the most accurate row whatever else it is good at. Objectives
    that are constant do not count. Ties go to the row that is better in the first objective.

    Args:
        values: float[n, m] in the objectives' own units; only its front is looked at.
        objectives: the m objectives, in the order of the columns.
        preferences: how much each objective matters, by name; only their proportions count.

    Raises:
        UnknownNameError: a preference for something that is no objective of the front.
        UsageError: a preference below zero or not finite, none above zero, no finite row, or
            `values` has not one column an objective.
    """
    share = _shares(objectives, preferences)
    rows, matrix = _front(values, objectives)
    scaled = _scale(matrix[:, share > 0.0])
    best = 0
    if len(scaled.rows) > 1:
        best = _nearest_strengths(scaled.matrix, share[share > 0.0][scaled.varying])
    return int(rows[scaled.rows[best]])


def _shares(objectives: Sequence[Objective], preferences: Mapping[str, float]) -> Matrix:
    names = [objective.name for objective in objectives]
    for name, preference in preferences.items():
        if name not in names:
            raise UnknownNameError("objective of this front", name, names)
        if not math.isfinite(preference) or preference < 0.0:
            raise UsageError(f"preference {name}={preference} is not a number of 0 or more")
    if not any(preferences.values()):
        raise UsageError(f"no preference is above 0: give a number to one of {', '.join(names)}")
    largest = max(preferences.values())
    return np.array([preferences.get(name, 0.0) / largest for name in names])


def _front(values: ArrayLike, objectives: Sequence[Objective]) -> tuple[Rows, Matrix]:
    rows = rank(values, objectives)
    if len(rows) == 0:
        raise UsageError("the front is empty: no trial has finite values in all objectives")
    return rows, minimized(np.asarray(values)[rows], objectives)[0]


def _scale(matrix: Matrix) -> _Scaled:
    """Reduce float[k, m] to its distinct non-dominated rows and scale each column to 0 .. 1."""
    rows = nondominated(matrix)
    peak = np.abs(matrix[rows]).max(axis=0)
    front = matrix[rows] / np.where(peak > 0.0, peak, 1.0)  # differences of huge values cannot overflow
    low, high = front.min(axis=0), front.max(axis=0)
    varying = high > low
    if not varying.any():
        return _Scaled(rows[:1], np.zeros((1, 0)), varying)
    scaled = ((front - low) / np.where(varying, high - low, 1.0))[:, varying]
    first = np.sort(np.unique(scaled, axis=0, return_index=True)[1])
    kept = first[nondominated(scaled[first])]  # rounding may have made a row equal to a better one
    return _Scaled(rows[kept], scaled[kept], varying)


def _nearest_strengths(scaled: Matrix, share: Matrix) -> int:
    with _warnings_kept():
        from pymoo.mcdm.pseudo_weights import PseudoWeights

    ideal, nadir = np.zeros(len(share)), np.ones(len(share))  # its own ones can be equal: 0 / 0
    return int(PseudoWeights(share / share.sum(), ideal=ideal, nadir=nadir).do(scaled))


def _high_trade_offs(scaled: Matrix) -> Rows:
    everything = np.arange(len(scaled))
    if len(scaled) < _FEWEST_TRADE_OFFS:
        return everything
    with _warnings_kept(), np.errstate(all="ignore"):
        from pymoo.mcdm.high_tradeoff import HighTradeoffPoints

        found = HighTradeoffPoints().do(scaled)
    return everything if found is None else np.asarray(found, dtype=np.intp)


@contextmanager
def _warnings_kept() -> Iterator[None]:
    """Shut pymoo's deprecated import up, and undo that it silences every warning of the process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
