"""The samplers by name: Optuna's, and predefined sequences of points."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.samplers import (
    BaseSampler,
    GPSampler,
    NSGAIIISampler,
    NSGAIISampler,
    RandomSampler,
    TPESampler,
)

from paretocaps.domain.space import Parameter, Scalar, Space, holds
from paretocaps.registry import Registry
from paretocaps.search.problem import Problem

Sequence = Callable[[Space, Mapping[str, Any], int], Iterator[dict[str, Scalar]]]


@dataclass(frozen=True)
class Sampler:
    """How a study proposes choices.

    Args:
        description: one line for `paretocaps samplers`.
        optuna: makes the Optuna sampler from a seed and the number of trials.
        sequence: yields predefined points, from (space, fixed choices, seed). If it is given, the study
            tries these, and the Optuna sampler proposes nothing.
        of_problem: makes the Optuna sampler from the study's `Problem`, for samplers that use more of it
            than seed and trials; `optuna` is then not called.
    """

    description: str
    optuna: Callable[[int, int], BaseSampler]
    sequence: Sequence | None = None
    of_problem: Callable[[Problem], BaseSampler] | None = None

    def made(self, problem: Problem) -> BaseSampler:
        """Return the Optuna sampler of a study."""
        if self.of_problem is not None:
            return self.of_problem(problem)
        return self.optuna(problem.run_seed, problem.trials)


def population(trials: int) -> int:
    """Return the population size of the genetic samplers: a third of the trials, between 8 and 50.

    With Optuna's default of 50, a study of fewer trials would only sample at random.
    """
    return min(max(trials // 3, 8), 50)


def grid(space: Space, fix: Mapping[str, Any], seed: int) -> Iterator[dict[str, Scalar]]:
    """Yield every point of a finite space once, in an order shuffled by `seed`.

    Raises:
        UsageError: a range is continuous.
    """
    points = list(space.listed(fix))
    return (points[index] for index in np.random.default_rng(seed).permutation(len(points)))


def sobol(space: Space, fix: Mapping[str, Any], seed: int) -> Iterator[dict[str, Scalar]]:
    """Yield the points of a scrambled Sobol sequence over the space, one dimension per choice.

    Optuna's own QMC sampler chooses categorical values, which are most choices of a capsule network, at
    random. Here every choice, also a categorical or conditional one, has a dimension of the sequence.
    """
    from scipy.stats import qmc  # only this sampler needs it, and it takes half of the driver's start-up

    engine = qmc.Sobol(max(len(space.parameters), 1), scramble=True, seed=np.random.default_rng(seed))
    while True:
        for point in engine.random_base2(6) if engine.num_generated == 0 else engine.random(64):
            sampled: dict[str, Scalar] = {}
            for parameter, share in zip(space, point, strict=False):
                if holds(parameter.when, {**fix, **sampled}):
                    sampled[parameter.name] = value_at(parameter, float(share))
            yield sampled


def value_at(parameter: Parameter, share: float) -> Scalar:
    """Return the value of `parameter` at the fraction `share` of its range, in [0, 1)."""
    points = parameter.points() if not parameter.log else None
    if points is not None:
        return points[int(share * len(points))]
    low, high = float(parameter.low or 0), float(parameter.high or 0)
    value = low * (high / low) ** share if parameter.log else low + (high - low) * share
    return round(value) if parameter.is_integer else value


def _tpe(seed: int, _: int) -> BaseSampler:
    return _quietly(lambda: TPESampler(seed=seed, multivariate=True))


def _nsga2(seed: int, trials: int) -> BaseSampler:
    return NSGAIISampler(seed=seed, population_size=population(trials))


def _nsga3(seed: int, trials: int) -> BaseSampler:
    return _quietly(lambda: NSGAIIISampler(seed=seed, population_size=population(trials)))


def _gp(seed: int, _: int) -> BaseSampler:
    return _quietly(lambda: GPSampler(seed=seed))


def _random(seed: int, _: int) -> BaseSampler:
    return RandomSampler(seed=seed)


def _quietly(make: Callable[[], BaseSampler]) -> BaseSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return make()


SAMPLERS: Registry[Sampler] = Registry(
    "sampler",
    {
        "tpe": Sampler("multivariate tree-structured Parzen estimators", _tpe),
        "nsga2": Sampler("genetic algorithm NSGA-II", _nsga2),
        "nsga3": Sampler("genetic algorithm NSGA-III, for many objectives", _nsga3),
        "gp": Sampler("Gaussian processes over the choices that are always sampled", _gp),
        "random": Sampler("independent random choices", _random),
        "qmc": Sampler("a scrambled Sobol sequence over every choice", _random, sobol),
        "grid": Sampler("every point of a finite space once, in random order", _random, grid),
    },
    group="paretocaps.samplers",
    of=Sampler,
)
