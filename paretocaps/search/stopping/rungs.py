"""Stops at rungs what is beaten in all objectives: asynchronous successive halving for several objectives."""

import math
from collections.abc import Mapping

import numpy as np

from paretocaps.domain.objective import Objective
from paretocaps.domain.wording import trials_text
from paretocaps.pareto.dominance import nondominated
from paretocaps.pareto.matrix import Matrix
from paretocaps.search.stopping.curves import Curves, Training, beaten_by, without
from paretocaps.search.stopping.seen import Point
from paretocaps.search.stopping.stopper import Stopper, Verdict

ETA = 2
"""At each rung, one of so many trainings goes on, and what no other beats; the next rung is so much later."""
FIRST = 2
"""The epochs of a network before its first rung: after the first one, little is known of it."""
LEAST = 4
"""How many trainings must have reached a rung before one is stopped there."""
MARGIN = 0.01
"""Accuracies that differ by less are not told apart at a rung: about what the order of the images makes."""


class Rungs(Stopper):
    """MO-ASHA (Schmucker et al. 2021, Algorithm 1), the stopping variant, with epsilon-net tie-breaks.

    A training is compared, at its rungs, with those of the same course that have reached the same epoch:
    equal shares of their plans. It goes on if none of them would beat it with `MARGIN` more accuracy, or if
    it is among the first 1/ETA of them by non-dominated rank. Within the rank that this cuts, those that are
    farthest from the ones before them come first (the epsilon-net), so that they are spread.
    """

    description = "at epochs 2, 4, 8, ... only the better half, and what nothing beats, goes on (MO-ASHA)"

    def verdict(self, training: Training, curves: Curves) -> Verdict | None:
        """Return whether a training goes on from its rung; None after other epochs."""
        if training.epoch not in rungs(training.course.judged_from, training.epochs):
            return None
        group = curves.at(training.course, training.epoch)
        better = beaten_by(self._spared(training.point), without(group, [training.trial]))
        seen = {"trainings": len(group), "beaten_by": better}
        if len(group) < LEAST:
            return Verdict(True, f"fewer than {LEAST} trainings were there before", seen)
        if not better:
            return Verdict(True, "no training at this epoch beats it", seen)
        quota = math.ceil(len(group) / ETA)
        if is_among_first(training.trial, group, quota):
            return Verdict(True, f"among the first {quota} of {len(group)} at this epoch", seen)
        return Verdict(False, f"beaten by {trials_text(better, 3)}, of {len(group)} at this epoch", seen)

    def promising(self, training: Training, curves: Curves) -> Verdict | None:
        """Let a stopped training go on if no member of the front was better at its epoch."""
        group = curves.at(training.course, training.epoch)
        members = {number: group[number] for number in curves.front() if number in group}
        if not members or beaten_by(self._spared(training.point), members):
            return None
        what = "no member of the front was better at this epoch"
        return Verdict(True, what, {"members": sorted(members)})

    def _spared(self, point: Point) -> Point:
        """Return a point whose accuracies are better by the margin."""
        return tuple(
            value - MARGIN * _is_share(one) for value, one in zip(point, self.objectives, strict=True)
        )


def rungs(judged_from: int, epochs: int) -> list[int]:
    """Return the epochs after which a training of `epochs` epochs is judged, in order.

    One that prunes is not judged before, and is judged once its pruned network had as many epochs as others
    have before their first rung.
    """
    steps = range(epochs.bit_length())
    found = {judged_from + FIRST - 1, *(FIRST * ETA**step for step in steps)}
    return sorted(epoch for epoch in found if judged_from <= epoch < epochs)


def is_among_first(trial: int, points: Mapping[int, Point], quota: int) -> bool:
    """Return whether a trial is among the first `quota` by non-dominated rank and epsilon-net."""
    numbers = sorted(points)
    matrix = np.array([points[number] for number in numbers])
    left, own = np.arange(len(numbers)), numbers.index(trial)
    while quota > 0:
        front = left[nondominated(matrix[left])]
        if own in front:
            return len(front) <= quota or own in front[spread(_scaled(matrix[front]), quota)]
        quota -= len(front)
        left = np.setdiff1d(left, front)
    return False


def spread(points: Matrix, count: int) -> list[int]:
    """Return `count` rows of float[n, m]: the one nearest to the ideal point, then each time the farthest."""
    chosen = [int(np.argmin(np.round(np.sort(points, axis=1).sum(axis=1), 12)))]
    distance = np.full(len(points), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, _distances(points, chosen[-1]))
        distance[chosen] = -1.0
        chosen.append(int(np.argmax(np.round(distance, 12))))
    return chosen


def _distances(points: Matrix, row: int) -> Matrix:
    # sorted, so that the order of the objectives does not even change the last digit
    found: Matrix = np.sort((points - points[row]) ** 2, axis=1).sum(axis=1)
    return found


def _scaled(matrix: Matrix) -> Matrix:
    """Return the columns from 0, the best, to 1."""
    low, high = matrix.min(axis=0), matrix.max(axis=0)
    scaled: Matrix = (matrix - low) / np.where(high > low, high - low, 1.0)
    return scaled


def _is_share(objective: Objective) -> bool:
    return bool(objective.images)
