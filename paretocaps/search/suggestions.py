"""Samples a space with an Optuna trial; all `suggest_*` calls are here."""

from collections.abc import Mapping
from typing import Any, cast

from optuna import Trial
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from paretocaps.domain.space import Parameter, Scalar, Space, holds
from paretocaps.search.trial_cache import TrialCache


def suggest(trial: Trial, space: Space, fix: Mapping[str, Any]) -> dict[str, Scalar]:
    """Return the sampled choices of `trial`, conditional ones only if their condition holds.

    Args:
        trial: a trial of an Optuna study, whose sampler decides.
        space: the parameters, each after those that its condition refers to.
        fix: the fixed choices, which conditions may refer to.
    """
    sampled: dict[str, Scalar] = {}
    for parameter in space:
        if holds(parameter.when, {**fix, **sampled}):
            sampled[parameter.name] = _suggest(trial, parameter)
    if isinstance(trial.storage, TrialCache):
        trial.storage.flush()
    return sampled


def distribution(parameter: Parameter) -> BaseDistribution:
    """Return the distribution that Optuna gives a parameter where `suggest` asks for it."""
    if parameter.low is None or parameter.high is None:
        return CategoricalDistribution(parameter.values)
    low, high, step = parameter.low, parameter.high, parameter.step
    if parameter.is_integer:
        return IntDistribution(int(low), int(high), log=parameter.log, step=int(step or 1))
    return FloatDistribution(low, high, log=parameter.log, step=step)


def _suggest(trial: Trial, parameter: Parameter) -> Scalar:
    if parameter.low is None or parameter.high is None:
        return cast(Scalar, trial.suggest_categorical(parameter.name, parameter.values))
    low, high, step = parameter.low, parameter.high, parameter.step
    if parameter.is_integer:
        return trial.suggest_int(parameter.name, int(low), int(high), step=int(step or 1), log=parameter.log)
    drawn = trial.suggest_float(parameter.name, low, high, step=step, log=parameter.log)
    return drawn if step is None else parameter.rounded(drawn)
