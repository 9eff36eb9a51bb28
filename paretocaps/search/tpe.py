"""TPE, which proposes what Optuna's proposes in a fraction of the time where a study has many trials.

All private names of Optuna that it needs are in this file. Where a version of Optuna has others, Optuna's own
sampler takes its place.
"""

import inspect
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial

from paretocaps.pareto.subset import greedy_subset
from paretocaps.search.good_trials import GoodTrials
from paretocaps.search.history import History, Numbers, Values
from paretocaps.search.quiet import quietly

try:
    from optuna._hypervolume.hssp import _solve_hssp
    from optuna.samplers._tpe.sampler import default_gamma, default_gamma_multiobjective

    _FOUND = True
except ImportError:
    _FOUND = False

_FEW = 25
"""Up to how many trials of one front Optuna's own choice, which is quadratic, is as fast."""
_METHODS = {
    "_sample_relative": ["study", "trial", "search_space"],
    "_sample": ["study", "trial", "search_space"],
    "_get_params": ["trial", "study"],
    "_compute_acquisition_func": ["samples", "mpe_below", "mpe_above"],
    "_compare": ["samples", "acquisition_func_vals"],
}
_ATTRIBUTES = (
    "_n_startup_trials",
    "_random_sampler",
    "_n_ei_candidates",
    "_parzen_estimator_cls",
    "_parzen_estimator_parameters",
    "_rng",
)


def tpe(seed: int, start: int) -> TPESampler:
    """Return multivariate TPE, which proposes at random until `start` trials have finished."""
    stock = quietly(lambda: TPESampler(seed=seed, multivariate=True, n_startup_trials=start))
    if not fits(stock):
        return stock
    return quietly(lambda: FastTPE(seed=seed, multivariate=True, n_startup_trials=start))


def fits(sampler: TPESampler) -> bool:
    """Return whether Optuna's sampler has the private parts that `FastTPE` uses."""
    methods = {name: getattr(sampler, name, None) for name in _METHODS}
    return (
        _FOUND
        and all(hasattr(sampler, name) for name in _ATTRIBUTES)
        and all(method and _parameters(method) == _METHODS[name] for name, method in methods.items())
    )


def _parameters(method: Any) -> list[str]:
    return list(inspect.signature(method).parameters)


class FastTPE(TPESampler):
    """Optuna's TPE, whose history is kept as arrays, and is split once for each trial.

    Given the same trials and the same state of its random numbers, it proposes what Optuna's proposes, unless
    proposals were not trained, and break no bound: these count among the bad ones only. What was rejected for
    a bound counts as infeasible, so that the number of good trials grows with it: objectives lead once more
    than about a tenth of the proposals keep the bounds. Optuna's splits its history again for each
    conditional choice, and collects its values from all trials.
    """

    _history: History | None = None
    _asked: int | None = None

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return a value of a conditional parameter, or of any one during the start."""
        if self._starts(study, trial):
            sampler = self._random_sampler
            return sampler.sample_independent(study, trial, param_name, param_distribution)
        return self._sample(study, trial, {param_name: param_distribution})[param_name]

    def _sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if not search_space or self._starts(study, trial):
            return {}
        return self._sample(study, trial, search_space)

    def _sample(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        history = self._read(study, trial)
        if not history.shows(search_space):
            return super()._sample(study, trial, search_space)
        several = len(study.directions) > 1
        good = self._estimator(history, self._split.good, search_space, level=several)
        others = self._estimator(history, self._split.others, search_space, level=False)
        samples = good.sample(self._rng.rng, self._n_ei_candidates)
        found = self._compare(samples, self._compute_acquisition_func(samples, good, others))
        return {name: one.to_external_repr(found[name]) for name, one in search_space.items()}

    def _starts(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        return self._read(study, trial).ended < self._n_startup_trials

    def _read(self, study: optuna.Study, trial: FrozenTrial) -> History:
        """Return the history as it was when the first value was proposed for `trial`."""
        if self._history is None:
            self._history = History(study.directions)
            self._good = GoodTrials(self._history, _thinned)
        if self._asked != trial.number:
            self._asked = trial.number
            trials = study._get_trials(deepcopy=False, use_cache=True)
            fresh = self._history.read(trials, trial.number, lambda one: self._get_params(one, study))
            gamma = default_gamma_multiobjective if len(study.directions) > 1 else default_gamma
            self._split = self._good.split(fresh, gamma(self._history.ended))
        return self._history

    def _estimator(
        self, history: History, numbers: Numbers, space: dict[str, BaseDistribution], *, level: bool
    ) -> Any:
        """Return the density of trials; `level` if all have the same weight, otherwise old ones have less."""
        observed = history.observed(numbers, list(space))
        weights = np.ones(len(next(iter(observed.values())))) if level else None
        return self._parzen_estimator_cls(observed, space, self._parzen_estimator_parameters, weights)


def _thinned(front: Values, size: int, reference: Values) -> Numbers:
    """Choose rows of a front; a few as Optuna does, so that they are the same ones to the last bit."""
    if size > _FEW:
        return greedy_subset(front, size, reference)
    return np.asarray(_solve_hssp(front, np.arange(len(front)), size, reference), dtype=np.intp)
