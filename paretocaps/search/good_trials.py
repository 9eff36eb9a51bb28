"""Which trials TPE takes for good ones: Optuna's split of its history, which is kept while it holds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from paretocaps.pareto.dominance import beats, layers
from paretocaps.pareto.subset import greedy_subset
from paretocaps.search.history import History, Numbers, Values

Subset = Callable[[Values, int, Values], Numbers]
"""Chooses rows of a front, from (front, how many, reference point), as `greedy_subset`."""


@dataclass(frozen=True)
class Split:
    """The numbers of the good and of the other trials of a history, in order; running ones are not good."""

    good: Numbers
    others: Numbers


class GoodTrials:
    """Splits a history that grows (Ozaki et al. 2020, as in Optuna): the first fronts are good.

    The last one, if it has too many, is thinned out by hypervolume. A further trial that is beaten by one of
    the last front changes nothing, so that most trials cost one comparison.

    Args:
        history: the trials.
        subset: thins out a front.
    """

    def __init__(self, history: History, subset: Subset = greedy_subset) -> None:
        self._history, self._subset = history, subset
        self._asked = 0, 0
        self._good: Numbers = np.empty(0, dtype=np.intp)
        self._last: Values = np.empty((0, history.losses.shape[1]))

    def split(self, fresh: Numbers, count: int) -> Split:
        """Return the split with `count` good trials: complete ones, then pruned, then infeasible ones.

        What was refused, or rejected though it breaks no bound, is never good; Optuna would take it for good
        where too few others have ended.

        Args:
            fresh: the trials that are complete since the last call.
            count: how many trials are good.
        """
        history = self._history
        asked = count, history.revisions
        if asked != self._asked or not self._beats(fresh):
            self._asked = asked
            self._good = self._complete(count)
        pruned = history.pruned[: count - len(self._good)]
        left = count - len(self._good) - len(pruned)
        by_excess = np.argsort(history.excess[history.infeasible], kind="stable")
        good = np.sort(np.concatenate([self._good, pruned, history.infeasible[by_excess[:left]]]))
        untrained = (history.refused, history.rejected)
        every = (history.complete, history.pruned, history.infeasible, history.running, *untrained)
        return Split(good, np.setdiff1d(np.concatenate(every), good))

    def _beats(self, fresh: Numbers) -> bool:
        """Return whether the trials `fresh` are no good: each is beaten by the last front that is needed."""
        losses = self._history.losses[fresh]
        return bool(beats(self._last, losses[:, None]).any(axis=1).all())

    def _complete(self, count: int) -> Numbers:
        numbers = self._history.complete
        losses = self._history.losses[numbers]
        if losses.shape[1] == 1:
            self._last = losses[:0]  # every further trial is sorted in
            return np.sort(numbers[np.argsort(losses[:, 0], kind="stable")[:count]])
        fronts = layers(losses, count)
        if not fronts:
            return numbers[:0]
        last = fronts[-1]
        self._last = losses[last]
        surplus = sum(map(len, fronts)) - count
        if surplus > 0:
            fronts[-1] = last[self._subset(self._last, len(last) - surplus, _reference(self._last))]
        return np.sort(numbers[np.concatenate(fronts)])


def _reference(front: Values) -> Values:
    """Return the reference point of a front as Optuna chooses it: a tenth worse than its worst values."""
    worst = front.max(axis=0)
    point: Values = np.maximum(1.1 * worst, 0.9 * worst)
    point[point == 0] = 1e-12
    return point
