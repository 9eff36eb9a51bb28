"""What a training may come to, by how finished trainings went on from the same epoch."""

from collections.abc import Mapping, Sequence

import numpy as np

from paretocaps.domain.objective import Objective
from paretocaps.pareto.matrix import Matrix
from paretocaps.search.stopping.curves import Curves, Training
from paretocaps.search.stopping.seen import Point


def extrapolated(
    training: Training, curves: Curves, objectives: Sequence[Objective], share: float
) -> Point | None:
    """Return what a training comes to if, in each objective, a `share` of trainings go on better.

    An objective is multiplied by the factor by which it changed in a finished training; of an accuracy it is
    the error. The factor is the k-th best of n finished trainings, with k = share x (n + 1), rounded down.
    They are those of the same course, or where they are too few, so that k is 0, those of all courses.

    Args:
        training: the training.
        curves: has the finished trainings.
        objectives: those of the points; one that is maximized is a share, and others are not negative.
        share: from 0 to 1.

    Returns:
        The point; None if too few have finished.
    """
    for course in (training.course, None):
        then = curves.at(course, training.epoch)
        done = [number for number in then if number in curves.finals and number != training.trial]
        rank = int(share * (len(done) + 1) + 1e-9)
        if rank > 0:
            return _changed(training.point, then, curves.finals, done, rank, objectives)
    return None


def _changed(
    point: Point,
    then: Mapping[int, Point],
    finals: Mapping[int, Point],
    done: Sequence[int],
    rank: int,
    objectives: Sequence[Objective],
) -> Point:
    ones = np.array([float(objective.direction == "maximize") for objective in objectives])
    before = np.array([then[number] for number in done]) + ones
    after = np.array([finals[number] for number in done]) + ones
    factors: Matrix = np.divide(after, before, out=np.ones_like(after), where=before > 0)
    loss = np.array(point) + ones
    return tuple((loss * np.sort(factors, axis=0)[rank - 1] - ones).tolist())
