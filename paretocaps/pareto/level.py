"""Paired tests at 5 %: whether the trials of a front can be told apart in one objective."""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paretocaps.domain.estimate import CONFIDENCE, t_quantile
from paretocaps.pareto.matrix import Matrix

Pairs = NDArray[np.bool_]


class Comparison(NamedTuple):
    """What tests say about each pair of n trials.

    Attributes:
        known: whether the pair could be tested, bool[n, n]; false for a trial and itself.
        level: whether the test does not tell the pair apart, bool[n, n]; false where it is not known.
    """

    known: Pairs
    level: Pairs

    def or_else(self, other: "Comparison") -> "Comparison":
        """Return this comparison, with pairs that it does not know from `other`."""
        return Comparison(self.known | other.known, np.where(self.known, self.level, other.level))


def over_seeds(values: Matrix, step: float = 0.0) -> Comparison:
    """Compare trials by a paired t test over the seeds that they have in common, which must be two or more.

    Differences that are equal for all seeds have no deviation, so no test: trials whose differences are all 0
    are level, and those with one other constant difference, such as of their parameters, are not. But values
    that come in steps, as shares of images do, are rounded, and so may be equal by chance: their constant
    differences get the deviation of that rounding, step / sqrt(6).

    Args:
        values: float[n, seeds], NaN where a trial lacks a seed.
        step: the least difference of two values, such as the share of one image; 0 where there is none.
    """
    known, level = (np.zeros((len(values), len(values)), dtype=bool) for _ in range(2))
    quantiles = np.array([0.0, 0.0, *map(t_quantile, range(1, values.shape[1]))])  # by the number of seeds
    for row, own in enumerate(values):
        differences = own - values
        common = np.isfinite(differences)
        counts = common.sum(axis=1)
        known[row] = counts > 1
        known[row, row] = False
        mean = np.where(common, differences, 0.0).sum(axis=1) / np.maximum(counts, 1)
        squares = np.where(common, differences - mean[:, None], 0.0) ** 2
        variance = squares.sum(axis=1) / np.maximum(counts - 1, 1)
        variance = np.where(variance < (step * 1e-6) ** 2, step**2 / 6, variance)
        error = np.sqrt(variance / np.maximum(counts, 1))
        level[row] = known[row] & (np.abs(mean) <= quantiles[counts] * error)
    return Comparison(known, level)


def over_one_seed(values: Matrix) -> Comparison:
    """Compare counts, such as of parameters, of trials with one seed in common: they are level if equal.

    Args:
        values: float[n, seeds], NaN where a trial lacks a seed.
    """
    known, level = (np.zeros((len(values), len(values)), dtype=bool) for _ in range(2))
    for row, own in enumerate(values):
        differences = own - values
        known[row] = np.isfinite(differences).sum(axis=1) == 1
        known[row, row] = False
        level[row] = known[row] & (np.nansum(np.abs(differences), axis=1) == 0)
    return Comparison(known, level)


def over_images(mistaken: Pairs) -> Pairs:
    """Return which of n trials are level by McNemar's exact test over the same images, bool[n, n].

    Of the images that exactly one of two networks predicts rightly, each has them by chance in half, if the
    networks are equally good; the test is the two-sided binomial one of that (McNemar 1947, in exact form).

    Args:
        mistaken: which images each trial predicts wrongly, bool[n, images].
    """
    wrong = mistaken.astype(np.float32)  # exact for up to 16 million images
    alone = (wrong @ (1 - wrong).T).astype(np.int64)  # wrong in the row's trial, right in the column's
    discordant = alone + alone.T
    counts, places = np.unique(discordant, return_inverse=True)
    few = np.array([_few(int(count)) for count in counts], dtype=np.int64)[places].reshape(discordant.shape)
    level: Pairs = np.minimum(alone, alone.T) > few
    return level


@cache
def _few(images: int) -> int:
    """Return the most mistakes of the better network by which two networks are told apart.

    It is the largest k with 2 P(X <= k) <= 5 % for X binomial over `images` at 1/2; -1 where there is none.
    """
    k = np.arange(1, images // 2 + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log((images + 1 - k) / k))]) - images * np.log(2.0)
    p = 2 * np.cumsum(np.exp(logs))
    return int((p <= 1 - CONFIDENCE).sum()) - 1
