"""The quality of a whole front."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from paretocaps.domain.objective import Objective
from paretocaps.errors import UsageError
from paretocaps.pareto.matrix import minimized, signs


def hypervolume(
    values: ArrayLike, reference_point: Sequence[float], objectives: Sequence[Objective]
) -> float:
    """Return the volume of all points that `values` dominate, up to the reference point.

    It is exact (Zitzler and Thiele 1998, by pymoo). Points that are not better than the reference point in
    every objective contribute nothing, nor do rows with NaN or an infinity, nor dominated points.

    Args:
        values: float[n, m] in the objectives' own units; not necessarily a front.
        reference_point: m values in the same units and directions.
        objectives: the m objectives, in the order of the columns.

    Returns:
        The volume, in the product of the objectives' units; 0.0 for no points.

    Raises:
        UsageError: the reference point is not m finite values, or `values` does not have m columns.
    """
    reference = np.asarray(reference_point, dtype=np.float64) * signs(objectives)
    if not np.isfinite(reference).all():
        raise UsageError(f"reference point {tuple(reference_point)} is not finite: set another one")
    matrix, _ = minimized(values, objectives)
    better = matrix[(matrix < reference).all(axis=1)]
    if len(better) == 0:
        return 0.0
    from pymoo.indicators.hv import HV

    return float(HV(ref_point=reference)(better))


def share_of(volume: float, reference_point: Sequence[float], ideal_point: Sequence[float]) -> float:
    """Return a hypervolume as a share of the box between the reference and the ideal point, 0 to 1.

    It is above 1 only where points are better than the ideal one, as they may be in an objective without a
    limit (`Objective.limit`).
    """
    sides = np.abs(np.asarray(reference_point, dtype=np.float64) - np.asarray(ideal_point, dtype=np.float64))
    return volume / float(np.prod(sides))
