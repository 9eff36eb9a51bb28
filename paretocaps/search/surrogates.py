"""What stands for the trainings of points that were not trained: trees, or Gaussian processes."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from paretocaps.pareto.matrix import Matrix
from paretocaps.search.encoding import Encoding, Point
from paretocaps.search.finished_trials import COUNTED, FinishedTrials
from paretocaps.search.gaussian import GaussianProcesses
from paretocaps.search.trees import Trees

_Number = TypeVar("_Number", np.float32, np.float64)
LARGEST = 200
"""The most trials that processes learn from, since their seconds grow with the cube."""


class Moments(NamedTuple):
    """What is predicted of n points: mean and deviation of their scaled values, float[n, m] each."""

    mean: Matrix
    deviation: Matrix


class Surrogate(Protocol):
    """Predicts the objectives of points."""

    def predict(self, points: Sequence[Point]) -> Moments:
        """Return what is predicted of points."""
        ...


Fit = Callable[[Encoding, FinishedTrials, np.random.Generator], Surrogate]
"""Makes a surrogate from finished trials; what is random follows from the generator."""


class Forest:
    """Predicts by the mean and the deviation of `Trees`, which were grown on all finished trials."""

    def __init__(self, encoding: Encoding, finished: FinishedTrials, generator: np.random.Generator) -> None:
        self._sources = _Sources(finished.prior)
        self._encoding, rows = encoding, encoding.rows(finished.points)
        self._trees = Trees(self._sources.beside(rows, finished.prior), finished.values, generator)

    def predict(self, points: Sequence[Point]) -> Moments:
        """Return the mean and the deviation over the trees."""
        values = self._trees.predict(self._sources.beside(self._encoding.rows(points)))
        return Moments(values.mean(axis=0), values.std(axis=0))


class Processes:
    """Predicts by `GaussianProcesses`, which learn from the latest of the front and of all others.

    Values that are worse than the front's and than most are drawn nearer to these, so that trainings that
    failed to learn do not decide what varies; and a choice that a point does not have is taken as the middle
    of its range, as whether it is there is told by the choice that it depends on.

    What prior trials tell is forgotten as the study's own contradict it: which study a trial is of is one
    more choice, of which the length scale says how far the one tells of the other.
    """

    def __init__(self, encoding: Encoding, finished: FinishedTrials, generator: np.random.Generator) -> None:
        self._encoding, count = encoding, len(finished.points)
        front = finished.front[-LARGEST // 2 :]
        others = np.setdiff1d(np.arange(count), front)
        kept = np.sort(np.concatenate([front, others[-(LARGEST - len(front)) :]]))
        points, prior = [finished.points[row] for row in kept], int((kept < finished.prior).sum())
        self._sources = _Sources(prior)
        columns = [*encoding.columns, *self._sources.columns]
        self._processes = GaussianProcesses(self._rows(points, prior), columns, _drawn(finished)[kept])

    def predict(self, points: Sequence[Point]) -> Moments:
        """Return the mean and the deviation, without noise."""
        return Moments(*self._processes.predict(self._rows(points)))

    def _rows(self, points: Sequence[Point], prior: int = 0) -> Matrix:
        rows = self._encoding.rows(points).astype(np.float64)
        return self._sources.beside(np.where(rows < 0.0, 0.5, rows), prior)


class _Sources:
    """Tells prior trials from a study's own by a further column, where there are some.

    Args:
        prior: how many there are.
    """

    def __init__(self, prior: int) -> None:
        self.columns = [1] if prior else []

    def beside(self, rows: NDArray[_Number], prior: int = 0) -> NDArray[_Number]:
        """Return `rows`, of which so many, the first ones, are of prior trials, with that column."""
        if not self.columns:
            return rows
        of_others = np.arange(len(rows)) < prior
        found: NDArray[_Number] = np.column_stack([rows, of_others.astype(rows.dtype)])
        return found


def _drawn(finished: FinishedTrials) -> Matrix:
    """Return the values, of which none is beyond one and a half times the worst of the front and of most."""
    values = finished.values
    worst = np.quantile(values[finished.prior :], COUNTED, axis=0)
    if len(finished.front):
        worst = np.maximum(worst, values[finished.front].max(axis=0))
    worst = np.where(worst > 0.0, worst, 1.0)
    drawn: Matrix = np.where(values > worst, worst * (1.0 + 0.5 * np.tanh(values / worst - 1.0)), values)
    return drawn
