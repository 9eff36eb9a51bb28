"""The samplers `gaussian` and `forest`: the point that is expected to improve the front most is proposed."""

from collections.abc import Hashable, Mapping, Sequence, Set
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import FrozenTrial, TrialState

from paretocaps.domain.space import Scalar
from paretocaps.errors import UsageError
from paretocaps.pareto.improvement import expected_improvement, thinned
from paretocaps.pareto.matrix import Matrix, Rows
from paretocaps.search.encoding import Encoding, Point
from paretocaps.search.finished_trials import COUNTED, REFERENCE, FinishedTrials, Limits, Scaling
from paretocaps.search.problem import Problem
from paretocaps.search.suggestions import distribution
from paretocaps.search.surrogates import Fit, Surrogate
from paretocaps.search.trees import Trees

FEWEST = 2
"""The finished trials without which any point is proposed, as after a start in which others failed."""
CANDIDATES = 400
"""The points of which the best is proposed: half anywhere in the space, half near members of the front."""
EXACT = 48
"""The candidates, those of the largest expected improvement, whose exact quantities are looked up."""


class _Predicted(NamedTuple):
    """What is predicted of n points: scaled values, and whether the study's limits are kept.

    Attributes:
        mean, deviation: float[n, m], of the values.
        kept: float[n], the share of trees by which all limits are kept.
        broken: float[n], by how much they are broken.
    """

    mean: Matrix
    deviation: Matrix
    kept: Matrix
    broken: Matrix

    def ranked(self, rows: Rows, front: Matrix) -> Rows:
        """Return `rows` by their expected improvement within the limits, the largest first."""
        reference = np.full(front.shape[1], REFERENCE)
        gain = self.kept[rows] * expected_improvement(self.mean[rows], self.deviation[rows], front, reference)
        return rows[np.lexsort((self.broken[rows], -gain))]


class ImprovementSampler(BaseSampler):
    """Proposes the candidate with the largest expected hypervolume improvement, as a surrogate predicts it.

    The mean and the deviation of what is predicted give a candidate's `expected_improvement`, which is
    multiplied by the share of trees by which it keeps the study's bounds and is not pruned (`Limits`). What
    the trainer knows without training is not predicted. Trials under way are taken to have what is predicted
    of them. Prior trials of another study are learned from, too, but are no part of the front that is to be
    improved, and may be proposed.

    A proposal follows from the seed, the number of its trial and the trials before it, so that a run that
    goes on proposes what one that was not interrupted does.

    Args:
        problem: the study.
        fit: makes the surrogate.
        counted: up to the value of which share of trials hypervolume counts (`Scaling.of`), in turn.
    """

    def __init__(self, problem: Problem, fit: Fit, counted: Sequence[float] = (COUNTED,)) -> None:
        self.problem, self.fit, self.counted = problem, fit, counted
        self.encoding = Encoding(problem.space, problem.fix)
        self._independent = RandomSampler(seed=problem.run_seed)

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the whole space; a proposal has the choices whose conditions hold."""
        return {parameter.name: distribution(parameter) for parameter in self.problem.space}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the proposed point."""
        problem, trials = self.problem, study.get_trials(deepcopy=False)
        generator = np.random.default_rng([problem.seed, trial.number])
        counted = self.counted[trial.number % len(self.counted)]
        # anew each time, as each of the study's own trials tells more of what the others are worth here
        told = [] if problem.prior is None else problem.prior.still_told(trials)
        finished = FinishedTrials.of(trials, problem.objectives, counted, told)
        asked = {_key(one.params) for one in trials}
        candidates = self._candidates(finished, asked, generator)
        limits = Limits.of(trials)
        if not candidates:
            return self.encoding.anywhere(generator)
        if len(finished.points) < FEWEST:
            return self._within(limits, candidates, generator)
        surrogate = self.fit(self.encoding, finished, generator)
        front = finished.values[finished.front]
        if under_way := [one.params for one in trials if one.state == TrialState.RUNNING and one.params]:
            front = np.concatenate([front, surrogate.predict(under_way).mean])
        front = thinned(front, np.full(front.shape[1], REFERENCE))
        predicted = self._predicted(surrogate, limits, candidates, generator)
        return self._best(candidates, predicted, front, finished.scaling)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return any value of a choice that the proposed point does not have."""
        return self._independent.sample_independent(study, trial, param_name, param_distribution)

    def _candidates(
        self, finished: FinishedTrials, asked: Set[Hashable], generator: np.random.Generator
    ) -> list[dict[str, Scalar]]:
        """Return distinct points that were not asked for, anywhere and near the front."""
        drawn = [self.encoding.anywhere(generator) for _ in range(CANDIDATES // 2)]
        if len(finished.promising):
            near = generator.choice(finished.promising, size=CANDIDATES // 2)
            drawn += [self.encoding.near(finished.points[row], generator) for row in near]
        return list({key: point for point in drawn if (key := _key(point)) not in asked}.values())

    def _within(
        self, limits: Limits, candidates: Sequence[dict[str, Scalar]], generator: np.random.Generator
    ) -> dict[str, Scalar]:
        """Return the candidate that most probably keeps what is known of the limits; any without them."""
        if not limits.excess.shape[1]:
            return self.encoding.anywhere(generator)
        grown = Trees(self.encoding.rows(limits.points), limits.excess, generator)
        excess = np.maximum(grown.predict(self.encoding.rows(candidates)), 0.0).sum(axis=2)
        return candidates[int(excess.mean(axis=0).argmin())]

    def _best(
        self, candidates: Sequence[dict[str, Scalar]], predicted: _Predicted, front: Matrix, scaling: Scaling
    ) -> dict[str, Scalar]:
        """Return the candidate with the largest improvement that the trainer does not refuse."""
        first, possible = predicted.ranked(np.arange(len(candidates)), front), []
        for row in first[:EXACT]:
            with suppress(UsageError):
                exact = self.problem.exact(self.problem.complete(candidates[row]))
                possible.append(row)
                for column, value in scaling.known(exact).items():
                    predicted.mean[row, column], predicted.deviation[row, column] = value, 0.0
        best = predicted.ranked(np.array(possible), front) if possible else first
        return candidates[int(best[0])]

    def _predicted(
        self, surrogate: Surrogate, limits: Limits, points: Sequence[Point], generator: np.random.Generator
    ) -> _Predicted:
        mean, deviation = surrogate.predict(points)
        if not limits.excess.shape[1]:
            return _Predicted(mean, deviation, np.ones(len(points)), np.zeros(len(points)))
        grown = Trees(self.encoding.rows(limits.points), limits.excess, generator)
        excess = grown.predict(self.encoding.rows(points))
        kept, broken = (excess <= 0.0).all(axis=2), np.maximum(excess, 0.0).sum(axis=2)
        return _Predicted(mean, deviation, kept.mean(axis=0), broken.mean(axis=0))


def _key(sampled: Mapping[str, Any]) -> Hashable:
    return frozenset(sampled.items())
