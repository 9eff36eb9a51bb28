"""Several samplers that take turns."""

from collections.abc import Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState


class Portfolio(BaseSampler):
    """Lets samplers propose in turn, by the number of a trial; each learns from all trials.

    Args:
        samplers: one or more.
    """

    def __init__(self, samplers: Sequence[BaseSampler]) -> None:
        self.samplers = samplers

    def turn(self, trial: FrozenTrial) -> BaseSampler:
        """Return the sampler that proposes a trial."""
        return self.samplers[trial.number % len(self.samplers)]

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the joint search space of the sampler whose turn it is."""
        return self.turn(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return what that sampler proposes jointly."""
        return self.turn(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return what that sampler proposes for one choice."""
        return self.turn(trial).sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Tell that sampler that its trial begins."""
        self.turn(trial).before_trial(study, trial)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Tell that sampler that its trial has ended."""
        self.turn(trial).after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Give every sampler another seed."""
        for sampler in self.samplers:
            sampler.reseed_rng()
