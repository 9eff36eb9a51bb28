"""What can be said of the knee of a front: in what it is the best, and what gains in the rest cost."""

from collections.abc import Sequence
from itertools import compress
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from paretocaps.domain.objective import Objective
from paretocaps.pareto.matrix import Matrix
from paretocaps.pareto.scaled_front import factors, front_rows, scale

_TIE = 1e-9
"""Distances that differ by a smaller share are equal."""


class Compromise(NamedTuple):
    """How a row stands in the values by which the knee is chosen (`knee`).

    Attributes:
        best: the objectives in which no other row is better, without those that are the same for all.
        improvable: the objectives in which another row is better.
        costly: whether each step to the next better rows in an objective loses more than it gains.
        nearest: whether no other row is nearer to the best values of all objectives.
        tied: whether another row is as near.
    """

    best: tuple[str, ...]
    improvable: tuple[str, ...]
    costly: bool
    nearest: bool
    tied: bool


def compromise(values: ArrayLike, objectives: Sequence[Objective], row: int) -> Compromise:
    """Return how a row stands on the front of `values`.

    Args:
        values: float[n, m] in the objectives' own units; only its front is considered.
        objectives: the m objectives, in the order of the columns.
        row: the row, which is on the front.

    Raises:
        UsageError: no row is finite, or `values` does not have one column per objective.
        ValueError: `row` is not on the front, or repeats an earlier row.
    """
    rows, matrix = front_rows(values, objectives)
    scaled = scale(*factors(matrix, objectives))
    place = rows[scaled.rows].tolist().index(row)
    names = [objective.name for objective in compress(objectives, scaled.varying)]
    own, others = scaled.matrix[place], np.delete(scaled.matrix, place, axis=0)
    better = (others < own).any(axis=0)
    distance = np.linalg.norm(scaled.matrix, axis=1)
    near = distance <= distance.min() * (1 + _TIE)
    return Compromise(
        best=tuple(name for name, improvable in zip(names, better, strict=True) if not improvable),
        improvable=tuple(name for name, improvable in zip(names, better, strict=True) if improvable),
        costly=all(_costs_more(own, others, column) for column in np.flatnonzero(better).tolist()),
        nearest=bool(near[place]),
        tied=bool(near[place] and near.sum() > 1),
    )


def _costs_more(own: Matrix, others: Matrix, column: int) -> bool:
    """Return whether each of the next better rows in a column loses more in all than it gains."""
    better = others[others[:, column] < own[column]]
    steps = better[better[:, column] == better[:, column].max()] - own
    return bool((steps.sum(axis=1) > _TIE).all())
