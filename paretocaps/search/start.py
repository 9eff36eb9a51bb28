"""The start of a study: points spread evenly over its space, before its sampler has trials to learn from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import optuna
from optuna.trial import FrozenTrial, TrialState

from paretocaps.storage.records import State

START = 10
"""How many trials a sampler that learns wants first (`tests/benchmarks/results/evidence.json` decides)."""


@dataclass
class Start:
    """Tells when a study's start is over.

    Designs are not part of it: they lie near each other, and a sampler that has seen little else keeps to
    them. Nor are trials that were stopped early, and trials without values, as those that repeat others.

    Args:
        study: the Optuna study.
        trials: how many other trials must have finished; 0 for a study without a start.
        states: the states of trials by number, as far as they are known.
    """

    study: optuna.Study
    trials: int
    states: Mapping[int, State] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether the sampler is to propose, from the trials of all drivers."""
        if self.trials > 0:
            told = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
            if sum(map(self._counts, told)) >= self.trials:
                self.end()
        return self.trials == 0

    def end(self) -> None:
        """End the start, for example because every point of the space was tried."""
        self.trials = 0

    def _counts(self, trial: FrozenTrial) -> bool:
        return "design" not in trial.user_attrs and self.states.get(trial.number) != "stopped"
