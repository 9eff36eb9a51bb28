"""A sampler that sees prior trials before the trials of its study."""

from collections.abc import Container, Sequence
from copy import copy
from copy import deepcopy as copied
from typing import Any, cast

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from paretocaps.search.optuna_study import storage_of
from paretocaps.search.prior_trials import PriorTrials


class WarmSampler(BaseSampler):
    """Shows a study to another sampler as if the prior trials had been its first ones.

    The study itself has none of them, so they are on no front and count as no trial. What the sampler is told
    of them is settled when it first proposes, and does not change later: it may keep what it was shown.

    Args:
        sampler: proposes.
        priors: the study's prior trials.
    """

    def __init__(self, sampler: BaseSampler, priors: PriorTrials) -> None:
        self.sampler, self.priors = sampler, priors
        self._shown: _Shown | None = None
        self._study: tuple[int, optuna.Study] | None = None

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the joint search space of the sampler."""
        return self.sampler.infer_relative_search_space(*self._view(study, trial))

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return what the sampler proposes jointly."""
        return self.sampler.sample_relative(*self._view(study, trial), search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return what the sampler proposes for one choice."""
        view = self._view(study, trial)
        return self.sampler.sample_independent(*view, param_name, param_distribution)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Tell the sampler that a trial begins."""
        self.sampler.before_trial(study, trial)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Tell the sampler that a trial has ended."""
        self.sampler.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Give the sampler another seed."""
        self.sampler.reseed_rng()

    def _view(self, study: optuna.Study, trial: FrozenTrial) -> tuple[optuna.Study, FrozenTrial]:
        """Return the study and the trial as the sampler is to see them, the same ones for all choices."""
        if self._shown is None:
            told = self.priors.told(study.get_trials(deepcopy=False))
            self._shown = _Shown(storage_of(study), told)
        if self._study is None or self._study[0] != trial.number:
            view = optuna.Study(study.study_name, cast(BaseStorage, self._shown), self.sampler)
            self._study = trial.number, view
        return self._study[1], self._shown.later(trial)


class _Shown:
    """A storage with prior trials as its first ones, and all others after them; it shares the rest.

    Args:
        storage: the storage of the study.
        told: the prior trials.
    """

    def __init__(self, storage: BaseStorage, told: Sequence[FrozenTrial]) -> None:
        self._storage = storage
        self._told = [_numbered(trial, number) for number, trial in enumerate(told)]
        self._ended: dict[int, tuple[FrozenTrial, FrozenTrial]] = {}
        """Ended trials of the study, and how they are shown."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Return the prior trials and those of the study that are in one of `states`, by number."""
        own = map(self.later, self._storage.get_all_trials(study_id, deepcopy=False, states=states))
        told = self._told if states is None or TrialState.COMPLETE in states else []
        return copied([*told, *own]) if deepcopy else [*told, *own]

    def later(self, trial: FrozenTrial) -> FrozenTrial:
        """Return a trial of the study with the number that it has after the prior trials."""
        own, shown = self._ended.get(trial.number, (None, trial))
        if own is not trial:  # a trial may be told again
            shown = _numbered(trial, trial.number + len(self._told))
            if trial.state.is_finished():
                self._ended[trial.number] = trial, shown
        return shown


def _numbered(trial: FrozenTrial, number: int) -> FrozenTrial:
    shown = copy(trial)
    shown.number = number
    return shown
