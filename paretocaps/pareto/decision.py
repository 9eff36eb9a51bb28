"""Decisions for one member of a front: its knee, or the member that is nearest to given preferences."""

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import ArrayLike

from paretocaps.domain.objective import Objective
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.pareto.matrix import Matrix, Rows
from paretocaps.pareto.scaled_front import factors, front_rows, scale

_FEWEST_TRADE_OFFS = 4
"""The fewest distinct points with trade-offs other than between extremes; with fewer, pymoo returns none."""


def knee(values: ArrayLike, objectives: Sequence[Objective]) -> int:
    """Return the row of `values` that is the knee, the best compromise.

    A gain is a factor: of two networks one is three times as fast, or makes half the errors. So an objective
    with a limit (`Objective.limit`) counts by the logarithm of the distance from it, and any other by its
    value. Every objective is scaled to 0 (best of the front) .. 1 (worst), except that logarithms over which
    the front differs by less than a factor of two keep their share of it: what hardly differs decides little.
    Constant objectives and repeated rows do not count. The knee is the high trade-off point (Rachmawati and
    Srinivasan 2009, by pymoo) nearest to the ideal point. If there is none, or the front has at most three
    distinct points, it is the point nearest to the ideal point. Ties go to the row that is better in the
    first objective, so fronts of one row, of equal rows or of two extremes have a knee too.

    Args:
        values: float[n, m] in the objectives' own units; only its front is considered.
        objectives: the m objectives, in the order of the columns.

    Raises:
        UsageError: no row is finite, or `values` does not have one column per objective.
    """
    rows, matrix = front_rows(values, objectives)
    scaled = scale(*factors(matrix, objectives))
    candidates = _high_trade_offs(scaled.matrix)
    distance = np.linalg.norm(scaled.matrix[candidates], axis=1)
    return int(rows[scaled.rows[candidates[np.argmin(distance)]]])


def pick(values: ArrayLike, objectives: Sequence[Objective], preferences: Mapping[str, float]) -> int:
    """Return the row of `values` whose strengths are nearest to `preferences`.

    A row's strengths are its scaled distances from the worst value of the front in each objective, divided by
    their sum (pseudo-weights, Deb 2001, by pymoo). Objectives without a preference are ignored, so `{"acc":
    1}` gives the most accurate row. Constant objectives do not count. Ties go to the row that is better in
    the first objective.

    Args:
        values: float[n, m] in the objectives' own units; only its front is considered.
        objectives: the m objectives, in the order of the columns.
        preferences: how much each objective matters, by name; only their proportions count.

    Raises:
        UnknownNameError: a preference is not for an objective of the front.
        UsageError: a preference is below zero or not finite, none is above zero, no row is finite, or
            `values` does not have one column per objective.
    """
    share = _shares(objectives, preferences)
    rows, matrix = front_rows(values, objectives)
    scaled = scale(matrix[:, share > 0.0])
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


def _nearest_strengths(scaled: Matrix, share: Matrix) -> int:
    with _warnings_kept():
        from pymoo.mcdm.pseudo_weights import PseudoWeights

    ideal, nadir = np.zeros(len(share)), np.ones(len(share))  # pymoo's own could be equal, which is 0 / 0
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
    """Ignore pymoo's deprecation warning, and restore the process's warnings, which pymoo silences."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
