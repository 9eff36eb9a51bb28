"""How much each choice matters for each objective, by Optuna's PED-ANOVA."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import create_trial

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import Objective

FEWEST = 10
"""Trials from which on importances are computed."""
_TOP = 5
"""Trials that the best part should have, as Optuna advises."""
_LISTED = 5
"""Numbers of which there are at most so many are compared one by one."""
_DRAWS = 20
"""How often the best part is drawn at random."""
_CHANCE = 0.95
"""The share of these draws of which no choice stands out as far."""
_ENOUGH = 2000
"""Trials that are compared at most: Optuna copies each of them, and more of them tell no more."""
_LEAST = 1e-9
"""The standard deviation of a choice that random parts do not change."""
_MANY = 300
"""Trials from which on chance is left out of account: the best part then has 30."""


def importance(trials: Sequence[FrontMember], objectives: Sequence[Objective]) -> dict[str, dict[str, float]]:
    """Return, by objective, how much each choice decided who is among the best tenth, most first.

    It is PED-ANOVA (Watanabe et al. 2023), extended to conditional choices, in shares of all choices. The
    best part has five trials or more. Of so few, a choice with many values differs from all trials by chance
    alone: the mean of what random parts show is taken away, and a choice has 0 that is not further from it,
    in standard deviations, than the furthest of all choices is in 19 of 20 random parts.
    Choices that never vary are left out, and so are designs where there are ten other trials: they were not
    drawn, and have the same values of most choices. Of more than 2,000 trials, as many evenly spaced ones are
    compared.

    Args:
        trials: finished trials with their choices and values.
        objectives: the objectives; one that fewer than ten trials have, or that is equal in all, is left out.
    """
    found: dict[str, dict[str, float]] = {}
    studies: dict[tuple[int, ...], optuna.Study] = {}
    for objective in objectives:
        measured = [trial for trial in trials if objective.name in trial.values]
        drawn = [trial for trial in measured if not trial.designs]
        measured = drawn if len(drawn) >= FEWEST else measured
        values = {trial.values[objective.name] for trial in measured}
        if len(measured) >= FEWEST and len(values) > 1:
            compared = _thinned(measured)
            numbers = tuple(trial.trial for trial in compared)
            if numbers not in studies:
                studies[numbers] = _study([trial.choices for trial in compared])
            signed = [objective.sign * trial.values[objective.name] for trial in compared]
            found[objective.name] = _shares(studies[numbers], np.array(signed))
    return found


def _thinned(trials: Sequence[FrontMember]) -> Sequence[FrontMember]:
    """Return the trials, or as many as are enough, evenly spaced."""
    if len(trials) <= _ENOUGH:
        return trials
    return [trials[row * len(trials) // _ENOUGH] for row in range(_ENOUGH)]


def _study(choices: Sequence[Mapping[str, Any]]) -> optuna.Study:
    """Return a study in memory with a trial for each of the choices, without those that never vary."""
    distributions = _distributions(choices)
    with _quiet():
        study = optuna.create_study()
        for own in choices:
            varying = {name: own[name] for name in distributions if _has(own, name)}
            known = {name: distributions[name] for name in varying}
            study.add_trial(create_trial(params=varying, distributions=known, value=0.0))
    return study


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Optuna, which tells of each study it makes and warns that few trials make it inaccurate."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(level)


def _shares(study: optuna.Study, values: NDArray[np.float64]) -> dict[str, float]:
    """Return the shares of the choices in who has the least of `values`, one for each trial of the study."""
    with _quiet():
        found = _beyond_chance(study, values)
    whole = sum(found.values()) or 1.0
    return {name: found[name] / whole for name in sorted(found, key=lambda name: -found[name])}


def _beyond_chance(study: optuna.Study, values: NDArray[np.float64]) -> dict[str, float]:
    """Return by choice how far its density in the best part is from that in all trials, without chance."""
    evaluator = PedAnovaImportanceEvaluator(target_quantile=min(0.5, max(0.1, _TOP / len(values))))

    def with_values(own: NDArray[np.float64]) -> dict[str, float]:
        return evaluator.evaluate(study, target=lambda trial: float(own[trial.number]))

    found = with_values(values)
    if not found or len(values) >= _MANY:
        return found
    random = np.random.default_rng(0)
    draws = [with_values(random.permutation(values)) for _ in range(_DRAWS)]
    chance = np.array([[draw.get(name, 0.0) for name in found] for draw in draws])
    means, spread = chance.mean(axis=0), np.maximum(chance.std(axis=0), _LEAST)
    furthest = np.quantile(((chance - means) / spread).max(axis=1), _CHANCE)
    return {
        name: float(value - mean) if (value - mean) / deviation > furthest else 0.0
        for (name, value), mean, deviation in zip(found.items(), means, spread, strict=True)
    }


def _distributions(choices: Sequence[Mapping[str, Any]]) -> dict[str, BaseDistribution]:
    """Return a distribution for each choice that varies, over the values that trials and designs have."""
    names = dict.fromkeys(name for own in choices for name in own)
    by_name = {name: [own[name] for own in choices if _has(own, name)] for name in names}
    return {name: _distribution(values) for name, values in by_name.items() if len(set(values)) > 1}


def _distribution(values: Sequence[Any]) -> BaseDistribution:
    distinct = list(dict.fromkeys(values))
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in distinct)
    if not numbers or len(distinct) <= _LISTED:
        return CategoricalDistribution(sorted(distinct, key=str))
    low, high = min(distinct), max(distinct)
    log = low > 0 and high / low >= 10
    if all(isinstance(value, int) for value in distinct):
        return IntDistribution(low, high, log=log)
    return FloatDistribution(low, high, log=log)


def _has(choices: Mapping[str, Any], name: str) -> bool:
    return isinstance(choices.get(name), bool | int | float | str)
