"""Gaussian processes over the points of a space, which learn from few trials what trees need many for."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from paretocaps.pareto.matrix import Matrix

_JITTER = 1e-6
_STEPS = 30
"""The most steps of the search for length scales, variance and noise."""
_ROOT = 5.0**0.5
_LEAST_VARIANCE = 1e-12


class _Prior(NamedTuple):
    """A normal prior of a logarithm, and the bounds between which it is sought."""

    mean: float
    deviation: float
    low: float
    high: float


_VARIANCE = _Prior(0.0, 1.0, -4.0, 4.0)
_NOISE = _Prior(-4.0, 1.5, -9.0, 2.0)


def _scale(choices: int) -> _Prior:
    """Return the prior of a length scale among so many choices."""
    return _Prior(2.0**0.5 + np.log(max(choices, 1)) / 2, 3.0**0.5, -4.0, 8.0)


class GaussianProcesses:
    """A process for each output, with a Matern 5/2 kernel and one length scale per choice.

    Length scales, variance and noise are the most likely ones, by their likelihood and wide priors. The prior
    of a length scale grows with the root of the number of choices (Hvarfner, Hellsten and Nardi 2024,
    "Vanilla Bayesian optimization performs great in high dimensions"): without that, few trials over many
    choices seem to have nothing to do with each other.

    Args:
        rows: float[n, columns].
        columns: how many neighbouring columns each choice has.
        targets: float[n, outputs].
    """

    def __init__(self, rows: Matrix, columns: Sequence[int], targets: Matrix) -> None:
        self._rows, self._choices = rows, np.repeat(np.arange(len(columns)), columns)
        squares = self._squares(rows)
        spread = targets.std(axis=0)
        self._centre, self._spread = targets.mean(axis=0), np.where(spread > 0.0, spread, 1.0)
        with threadpool_limits(1, "blas"):  # a training may be under way on the other cores
            self._processes = [_Process(squares, one) for one in ((targets - self._centre) / self._spread).T]

    def predict(self, rows: Matrix) -> tuple[Matrix, Matrix]:
        """Return the means and the deviations, without noise, of rows: float[k, outputs] each."""
        squares = self._squares(rows)
        with threadpool_limits(1, "blas"):
            found = [process.predict(squares) for process in self._processes]
        mean, deviation = (np.stack(each, axis=1) for each in zip(*found, strict=True))
        return mean * self._spread + self._centre, deviation * self._spread

    def _squares(self, rows: Matrix) -> Matrix:
        """Return the squared distances from the rows that are known, by choice: float[choices, k, n]."""
        found = np.zeros((int(self._choices.max(initial=0)) + 1, len(rows), len(self._rows)))
        for choice, new, known in zip(self._choices, rows.T, self._rows.T, strict=True):
            found[choice] += (new[:, None] - known) ** 2
        return found


class _Process:
    """The process of one output, whose targets have the mean 0 and the variance 1.

    What is sought are the logarithms of the length scales, then those of variance and noise.
    """

    def __init__(self, squares: Matrix, targets: Matrix) -> None:
        choices = len(squares)
        self._squares, self._targets = squares.reshape(choices, -1), targets
        self._priors = np.array([*[_scale(choices)] * choices, _VARIANCE, _NOISE])
        expected = self._priors[:, 0]
        short = np.concatenate([np.zeros(choices), expected[choices:]])
        tried = [
            minimize(
                self._loss,
                start,
                jac=True,
                method="L-BFGS-B",
                bounds=self._priors[:, 2:],
                options={"maxiter": _STEPS},
            )
            for start in (expected, short)  # smooth at first, and rough
        ]
        self._found = min(tried, key=lambda one: float(one.fun)).x
        self._factor, self._weights = self._solved(self._found)[:2]

    def predict(self, squares: Matrix) -> tuple[Matrix, Matrix]:
        """Return mean and deviation at float[choices, k, n] squared distances from the known rows."""
        scales, variance = np.exp(-2 * self._found[:-2]), np.exp(self._found[-2])
        covariance = variance * _matern(np.tensordot(scales, squares, 1))[0]
        part = solve_triangular(self._factor, covariance.T, lower=True, check_finite=False)
        left = np.maximum(variance - (part**2).sum(axis=0), _LEAST_VARIANCE)
        return covariance @ self._weights, np.sqrt(left)

    def _solved(self, found: Matrix) -> tuple[Matrix, Matrix, Matrix, Matrix]:
        """Return the Cholesky factor, the weights of the targets, the kernel and its slope."""
        n = len(self._targets)
        kernel, slope = _matern((np.exp(-2 * found[:-2]) @ self._squares).reshape(n, n))
        whole = np.exp(found[-2]) * kernel
        whole[np.diag_indices(n)] += np.exp(found[-1]) + _JITTER
        factor = cholesky(whole, lower=True, check_finite=False)
        return factor, cho_solve((factor, True), self._targets, check_finite=False), kernel, slope

    def _loss(self, found: Matrix) -> tuple[float, Matrix]:
        """Return the negative logarithm of the posterior, but for a constant, and its gradient."""
        factor, weights, kernel, slope = self._solved(found)
        inverse = cho_solve((factor, True), np.eye(len(weights)), check_finite=False)
        by_covariance = inverse - np.outer(weights, weights)
        variance, noise = np.exp(found[-2:])
        by_scale = np.exp(-2 * found[:-2]) * (self._squares @ (by_covariance * variance * slope).ravel())
        by_others = variance * (by_covariance * kernel).sum(), noise * np.trace(by_covariance)
        away = (found - self._priors[:, 0]) / self._priors[:, 1]
        loss = 0.5 * self._targets @ weights + np.log(np.diag(factor)).sum() + 0.5 * away @ away
        return float(loss), 0.5 * np.array([*by_scale, *by_others]) + away / self._priors[:, 1]


def _matern(squares: Matrix) -> tuple[Matrix, Matrix]:
    """Return the kernel at scaled squared distances, and its slope.

    The slope is that by the logarithm of a length scale, for each unit that the choice adds to the square.
    """
    root = _ROOT * np.sqrt(squares)
    decay = np.exp(-root)
    return (1 + root + root**2 / 3) * decay, 5 / 3 * (1 + root) * decay
