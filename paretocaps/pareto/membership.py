"""How probably each trial is non-dominated, by a bootstrap over its seeds and the validation images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paretocaps.domain.objective import Objective
from paretocaps.pareto.dominance import nondominated
from paretocaps.pareto.matrix import Matrix, Rows

DRAWS = 1000
"""The resamples behind a probability; its standard error is then at most 0.016."""
LEAST = 0.5
"""A member that the other members more probably dominate than not is left out."""
COUNTS = ("params", "macs", "flops")
"""Quantities that are counted from a network, so that no seed makes them uncertain."""
_ACC = "acc"
"""The quantity that predictions are kept of."""
_TRUST = 2
"""As many seeds as this, beyond its first, weigh a trial's own spread as much as that of all trials."""
_ENOUGH = 8
"""Residuals from which on no others are assumed."""
_TIMES_VARY = 0.1
"""The relative deviation of times over seeds that is assumed before that."""
_AT_ONCE = 20_000_000  # resampled images at once
_CHUNK = 2_000_000  # comparisons of two trials at once

Draws = NDArray[np.float64]
Right = NDArray[np.bool_]


@dataclass(frozen=True)
class Trainings:
    """The trainings of n trials, with any of s seeds.

    Attributes:
        values: float[n, s, m] in the objectives' own units; NaN where a trial lacks a seed or a value.
        right: which validation images a training predicts rightly, by (row, column) of `values`, bool[images]
            each, over the same images in the same order.
        images: the number of validation images, for trials without predictions; None where it is not known.
    """

    values: NDArray[np.float64]
    right: dict[tuple[int, int], Right]
    images: int | None = None

    @property
    def counts(self) -> NDArray[np.int64]:
        """The number of seeds of each trial, [n]."""
        counts: NDArray[np.int64] = np.isfinite(self.values).any(axis=2).sum(axis=1)
        return counts

    def means(self) -> Matrix:
        """Return the means over the seeds, float[n, m]."""
        finite = np.isfinite(self.values)
        sums = np.where(finite, self.values, 0.0).sum(axis=1)
        means: Matrix = sums / np.where(finite.any(axis=1), finite.sum(axis=1), np.nan)
        return means


class Membership(NamedTuple):
    """What a bootstrap says of n trials.

    Attributes:
        probability: the share of the draws in which no other trial dominates a trial, [n].
        dominates: the share of the draws in which the row's trial dominates the column's, [n, n].
    """

    probability: NDArray[np.float64]
    dominates: Matrix


def draws(trainings: Trainings, objectives: Sequence[Objective], count: int = DRAWS, seed: int = 0) -> Draws:
    """Return resampled values of all trials, float[count, n, m], with signs so that less is better.

    One draw takes the validation images with replacement, for accuracies the same ones for all trials, so
    that trials that err on the same images stay together. To each trial's mean it adds the mean of as many
    residuals as the trial has seeds. A residual has all objectives of one training, since they depend on each
    other, and comes from the trial itself or, the rather the fewer seeds it has, from any trial. Residuals
    and means are those of logarithms, and of the arcsine of the root for shares, in which trials deviate
    alike; the order of values is the same. Quantities that are counted do not vary.

    Args:
        trainings: the trainings.
        objectives: the m objectives.
        count: the number of draws.
        seed: equal seeds give equal draws.
    """
    random = np.random.default_rng(seed)
    centres = np.broadcast_to(trainings.means(), (count, *trainings.means().shape)).copy()
    for column, objective in enumerate(objectives):
        if objective.images == "validation":
            right = trainings.right if objective.quantity == _ACC else {}
            centres[..., column] = _over_images(trainings, right, column, count, random)
    own, pool = _residuals(trainings, objectives)
    found: Draws = np.empty_like(centres)
    for column, objective in enumerate(objectives):
        found[..., column] = _evened(objective, centres[..., column], trainings.values[..., column])
    for row, number in enumerate(trainings.counts):
        found[:, row] += _noise(own[row], pool, int(number), count, random)
    found *= np.array([objective.sign for objective in objectives])
    return found


def membership(found: Draws) -> Membership:
    """Return how probably each trial of `draws` is non-dominated, and which trials dominate which."""
    count, n, _ = found.shape
    wins, free = np.zeros((n, n)), np.zeros(n)
    size = max(1, _CHUNK // max(n * n, 1))
    for start in range(0, count, size):
        part = found[start : start + size]
        beats = _dominates(part[:, :, None], part[:, None])
        wins += beats.sum(axis=0)
        free += (~beats.any(axis=1)).sum(axis=0)
    return Membership(free / count, wins / count)


def chosen(found: Draws, probability: NDArray[np.float64], members: Rows) -> Rows:
    """Return the `members` that those before them leave, the most probable first, in their given order.

    A member is left out if the members that are more probable dominate it in more than half of the draws.
    They then stand for it, so that no part of a front is lost where many trials are equally good.
    """
    kept: list[int] = []
    for row in members[np.argsort(-probability[members], kind="stable")]:
        beaten = _dominates(found[:, kept], found[:, row, None]).any(axis=1)
        if not kept or 1.0 - beaten.mean() >= LEAST:
            kept.append(int(row))
    return members[np.isin(members, kept)]


def candidates(trainings: Trainings, objectives: Sequence[Objective], widths: float = 3.0) -> Rows:
    """Return the rows that may be non-dominated: near enough to the front, within so many standard errors.

    A row is none if another one, `widths` standard errors worse than it was measured, still dominates it,
    `widths` better than it was measured.
    """
    _, pool = _residuals(trainings, objectives)
    spread = np.sqrt((pool**2).mean(axis=0))
    error = spread / np.sqrt(np.maximum(trainings.counts, 1))[:, None]
    means = trainings.means()
    centres = np.stack(
        [_evened(o, means[:, c], trainings.values[..., c]) for c, o in enumerate(objectives)], axis=1
    )
    for column, objective in enumerate(objectives):
        if objective.images == "validation" and trainings.images:
            error[:, column] = np.hypot(error[:, column], 0.5 / np.sqrt(trainings.images))
    values = centres * np.array([objective.sign for objective in objectives])
    finite = np.flatnonzero(np.isfinite(values).all(axis=1))
    worst, best = (values + widths * error)[finite], (values - widths * error)[finite]
    worst = worst[nondominated(worst)]
    return finite[[not _dominates(worst, one).any() for one in best]]


def _dominates(one: Draws, other: Draws) -> NDArray[np.bool_]:
    """Return where `one` is at least as good as `other` in every objective, and better in one."""
    no_worse, better = one[..., 0] <= other[..., 0], one[..., 0] < other[..., 0]
    for column in range(1, one.shape[-1]):
        no_worse &= one[..., column] <= other[..., column]
        better |= one[..., column] < other[..., column]
    return np.asarray(no_worse & better)


def _over_images(
    trainings: Trainings,
    right: Mapping[tuple[int, int], Right],
    column: int,
    count: int,
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """Return the trials' mean shares over resampled images, float[count, n]; `right` is of this share."""
    means = trainings.means()[:, column]
    found = np.broadcast_to(means, (count, len(means))).copy()
    rows = sorted({row for row, _ in right})
    if rows:
        images = len(next(iter(right.values())))
        shares = np.stack(
            [np.mean([own for (of, _), own in right.items() if of == row], axis=0) for row in rows]
        )
        step = max(1, _AT_ONCE // images)
        for start in range(0, count, step):
            picked = random.integers(images, size=(min(step, count - start), images))
            weights = np.stack([np.bincount(one, minlength=images) for one in picked])
            # what a resample changes is added, for a trial of which predictions of some seeds are kept
            found[start : start + step, rows] += (weights @ shares.T - shares.sum(axis=1)) / images
    others = [row for row in range(len(means)) if row not in rows and np.isfinite(means[row])]
    if trainings.images and others:
        shares = np.clip(means[others], 0.0, 1.0)
        found[:, others] = random.binomial(trainings.images, shares, (count, len(others))) / trainings.images
    return found


def _residuals(trainings: Trainings, objectives: Sequence[Objective]) -> tuple[list[Matrix], Matrix]:
    """Return each trial's residuals, float[seeds, m], and those of all trials that have two seeds or more.

    They are widened by what the mean over so few seeds takes from them. Where they are few, assumed ones are
    added: of accuracies as much as other images, and of times a tenth.
    """
    m = len(objectives)
    evened = np.stack(
        [_evened(o, trainings.values[..., c], trainings.values[..., c]) for c, o in enumerate(objectives)],
        axis=2,
    )
    exact = np.array([objective.quantity in COUNTS for objective in objectives])
    own: list[Matrix] = []
    for one in evened:
        seeds = one[np.isfinite(one).all(axis=1)]
        apart = (
            (seeds - seeds.mean(axis=0)) * np.sqrt(len(seeds) / (len(seeds) - 1)) if len(seeds) > 1 else None
        )
        own.append(np.empty((0, m)) if apart is None else np.where(exact, 0.0, apart))
    found = [one for one in own if len(one)]
    if sum(map(len, found)) < _ENOUGH:
        found.append(_assumed(objectives, trainings.images))
    return own, np.concatenate(found)


def _assumed(objectives: Sequence[Objective], images: int | None) -> Matrix:
    """Return residuals in all combinations of signs, float[2^k, m], for the k objectives that may vary."""
    sizes = [
        0.5 / np.sqrt(images or DRAWS)
        if o.images
        else _TIMES_VARY
        if o.timed and o.quantity not in COUNTS
        else 0.0
        for o in objectives
    ]
    grid = np.meshgrid(*[[-size, size] if size else [0.0] for size in sizes], indexing="ij")
    return np.stack([axis.ravel() for axis in grid], axis=1)


def _noise(own: Matrix, pool: Matrix, seeds: int, count: int, random: np.random.Generator) -> Matrix:
    """Return means of as many residuals as a trial has `seeds`, float[count, m]."""
    share = (len(own) - 1) / (len(own) - 1 + _TRUST) if len(own) > 1 else 0.0
    size = count, max(seeds, 1)
    found = pool[random.integers(len(pool), size=size)]
    if share:
        from_own = random.random(size) < share
        found = np.where(from_own[..., None], own[random.integers(len(own), size=size)], found)
    means: Matrix = found.mean(axis=1)
    return means


def _evened(objective: Objective, values: NDArray[np.float64], all_values: NDArray[np.float64]) -> Matrix:
    """Return values on the scale on which trials deviate alike: it is monotone."""
    if objective.images:
        return np.arcsin(np.sqrt(np.clip(values, 0.0, 1.0)))
    if objective.signed or not (all_values[np.isfinite(all_values)] > 0).all():
        return values
    return np.log(values)
