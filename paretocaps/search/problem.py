"""What a sampler may know of its study beside the trials that Optuna shows it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from paretocaps.domain.objective import Objective
from paretocaps.domain.space import Scalar, Space
from paretocaps.domain.trainer import Forecaster, TrainerSpec, forecast_of
from paretocaps.search.prior_trials import PriorTrials

Exact = Callable[[Mapping[str, Any]], Mapping[str, float]]
"""The quantities of canonical choices that are known exactly without training, by name."""


def nothing(choices: Mapping[str, Any]) -> Mapping[str, float]:
    """Return no quantities, as for a trainer that knows none without training."""
    return {}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A study as its sampler sees it.

    Args:
        space: the sampled choices, with their conditions.
        fix: the fixed choices.
        objectives: the study's objectives, in the order of the values that Optuna is told.
        trainer: completes sampled choices.
        seed: the seed of samplers that propose by the number of a trial, whenever a run began.
        run_seed: the seed of samplers with a state of their own, which is another one for each run, because
            a run that goes on would repeat the proposals of the one before.
        trials: how many trials the study is to have.
        exact: the exact quantities of choices.
        prior: the trials of another study from which this one starts; None for none.
    """

    space: Space
    fix: Mapping[str, Any]
    objectives: tuple[Objective, ...]
    trainer: TrainerSpec
    seed: int = 0
    run_seed: int = 0
    trials: int
    exact: Exact = nothing
    prior: PriorTrials | None = None

    def complete(self, sampled: Mapping[str, Scalar]) -> dict[str, Any]:
        """Return the canonical choices of a trial.

        Raises:
            UsageError: the trainer refuses the combination.
        """
        return self.trainer.complete(sampled, self.fix)


def exact_by(forecaster: Forecaster | None) -> Exact:
    """Return the exact quantities that a trainer's forecasts tell; none of choices that it refuses."""

    def exact(choices: Mapping[str, Any]) -> Mapping[str, float]:
        return forecast_of(forecaster, choices).exact

    return exact
