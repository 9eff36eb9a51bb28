"""The samplers by name: Optuna's, and predefined sequences of points."""

from collections.abc import Callable
from dataclasses import dataclass

from optuna.samplers import (
    BaseSampler,
    GPSampler,
    NSGAIIISampler,
    NSGAIISampler,
    RandomSampler,
)

from paretocaps.registry import Registry
from paretocaps.search.foreign_samplers import foreign_sampler, made
from paretocaps.search.portfolio import Portfolio
from paretocaps.search.problem import Problem
from paretocaps.search.quiet import quietly
from paretocaps.search.sequences import Sequence, grid, sobol
from paretocaps.search.start import START
from paretocaps.search.tpe import tpe
from paretocaps.search.warm_sampler import WarmSampler


@dataclass(frozen=True)
class Sampler:
    """How a study proposes choices.

    Args:
        description: one line for `paretocaps samplers`.
        optuna: makes the Optuna sampler from a seed and the number of trials.
        sequence: yields predefined points, from (space, fixed choices, seed). If it is given, the study
            tries these, and the Optuna sampler proposes nothing.
        start: how many trials beside the designs must have finished before the Optuna sampler proposes. Until
            then a study tries the points of a Sobol sequence.
        of_problem: makes the Optuna sampler from the study's `Problem`, for samplers that use more of it
            than seed and trials; `optuna` is then not called.
        knows_prior: whether that one learns from the problem's prior trials itself; any other is shown them
            as if they were the study's first ones (`WarmSampler`).
    """

    description: str
    optuna: Callable[[int, int], BaseSampler]
    sequence: Sequence | None = None
    start: int = 0
    of_problem: Callable[[Problem], BaseSampler] | None = None
    knows_prior: bool = False

    def made(self, problem: Problem) -> BaseSampler:
        """Return the Optuna sampler of a study."""
        if self.of_problem is None:
            sampler = self.optuna(problem.run_seed, problem.trials)
        else:
            sampler = self.of_problem(problem)
        if problem.prior is None or self.knows_prior:
            return sampler
        return WarmSampler(sampler, problem.prior)


def population(trials: int) -> int:
    """Return the population size of the genetic samplers: a third of the trials, between 8 and 50.

    With Optuna's default of 50, a study of fewer trials would only sample at random.
    """
    return min(max(trials // 3, 8), 50)


def _tpe(seed: int, _: int) -> BaseSampler:
    return tpe(seed, START)


def _nsga2(seed: int, trials: int) -> BaseSampler:
    return NSGAIISampler(seed=seed, population_size=population(trials))


def _nsga3(seed: int, trials: int) -> BaseSampler:
    return quietly(lambda: NSGAIIISampler(seed=seed, population_size=population(trials)))


def _gp(seed: int, _: int) -> BaseSampler:
    conditional = tpe(seed, START)  # for the choices that are not always sampled
    return quietly(
        lambda: GPSampler(
            seed=seed,
            n_startup_trials=START,
            independent_sampler=conditional,
            warn_independent_sampling=False,
        )
    )


def _forest(problem: Problem) -> BaseSampler:
    from paretocaps.search.improving import ImprovementSampler  # imports scipy, as does `_gaussian`
    from paretocaps.search.surrogates import Forest

    return ImprovementSampler(problem, Forest)


def _gaussian(problem: Problem) -> BaseSampler:
    from paretocaps.search.finished_trials import ALL, COUNTED
    from paretocaps.search.improving import ImprovementSampler
    from paretocaps.search.surrogates import Processes

    # processes are soon sure that nothing beyond the ends of the front is good, where good trials have all
    # values and hypervolume counts up to them: of a table of HPOlib, 200 trials found 0.84 of the front so
    return ImprovementSampler(problem, Processes, (COUNTED, ALL))


def _portfolio(problem: Problem) -> BaseSampler:
    return Portfolio([SAMPLERS.get(name).made(problem) for name in ("tpe", "forest")])


def _random(seed: int, _: int) -> BaseSampler:
    return RandomSampler(seed=seed)


SAMPLERS: Registry[Sampler] = Registry(
    "sampler",
    {
        "tpe": Sampler("multivariate tree-structured Parzen estimators", _tpe, start=START),
        "nsga2": Sampler("genetic algorithm NSGA-II", _nsga2),
        "nsga3": Sampler("genetic algorithm NSGA-III, for many objectives", _nsga3),
        "gp": Sampler(
            "Optuna's Gaussian processes over the choices that every trial has, TPE over others",
            _gp,
            start=START,
        ),
        "gaussian": Sampler(
            "Gaussian processes over all choices, and the largest expected hypervolume improvement",
            _random,
            start=START,
            of_problem=_gaussian,
            knows_prior=True,
        ),
        "forest": Sampler(
            "trees that predict the objectives, and the largest expected hypervolume improvement",
            _random,
            start=START,
            of_problem=_forest,
            knows_prior=True,
        ),
        "portfolio": Sampler(
            "tpe and forest in turn", _random, start=START, of_problem=_portfolio, knows_prior=True
        ),
        "random": Sampler("independent random choices", _random),
        "qmc": Sampler("a scrambled Sobol sequence over every choice", _random, sobol),
        "grid": Sampler("every point of a finite space once, in random order", _random, grid),
    },
    group="paretocaps.samplers",
    of=Sampler,
)


def sampler_called(name: str, objectives: int) -> Sampler:
    """Return the sampler of that name, or an Optuna sampler of an installed package, "module:Class".

    Args:
        name: the name, or module and class.
        objectives: how many objectives it is to propose for.

    Raises:
        UnknownNameError: there is no such name.
        UsageError: no installed package has such a sampler, or it fails for so many objectives.
        ParetocapsError: a plug-in cannot be loaded.
    """
    if ":" not in name:
        return SAMPLERS.get(name)
    found = foreign_sampler(name, objectives)
    return Sampler(f"{found.__name__} of {found.__module__}", lambda seed, _: made(found, seed))
