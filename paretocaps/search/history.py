"""The trials of an Optuna study as arrays, which grow as trials end."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from paretocaps.search.finished_trials import CONTRADICTS, REJECTED, REPEATS

Numbers = NDArray[np.intp]
Values = NDArray[np.float64]
_MODELLED = (TrialState.COMPLETE, TrialState.PRUNED)
_KINDS = ("complete", "pruned", "infeasible", "refused", "rejected")
_ROWS = 64


class History:
    """What TPE needs of a study's trials, read once from each that has ended.

    Args:
        directions: those of the study.

    Attributes:
        plain: False if a trial is one that these arrays cannot show: its value is infinite, it has
            intermediate values, or its categorical parameter has other values than in trials before.
        complete, pruned, infeasible, refused, rejected: the numbers of the trials that have ended so, in
            order. Refused are repeats and what contradicts itself, rejected is what was not trained for
            anything but a bound; what breaks a bound is infeasible.
        running: the numbers of the trials that are running, in order.
        revisions: how often trials that had ended were told of again, as one that was stopped and went on is.
        excess: float[n], by how much a trial violates its constraints, by number.
        losses: float[n, m], the values of complete trials with signs so that less is better, by number.
    """

    def __init__(self, directions: Sequence[StudyDirection]) -> None:
        self._signs = np.array([-1.0 if one == StudyDirection.MAXIMIZE else 1.0 for one in directions])
        self.plain = True
        self.revisions = 0
        self.complete: Numbers = np.empty(0, dtype=np.intp)
        self.pruned = self.infeasible = self.refused = self.rejected = self.running = self.complete
        self.excess: Values = np.zeros(_ROWS)
        self.losses: Values = np.zeros((_ROWS, len(directions)))
        self._values: dict[str, Values] = {}
        self._distributions: dict[str, BaseDistribution] = {}
        self._read: list[FrozenTrial | None] = []

    def read(
        self,
        trials: Sequence[FrozenTrial],
        asked: int,
        params_of: Callable[[FrozenTrial], Mapping[str, Any]],
    ) -> Numbers:
        """Take in what has changed, and return the numbers of the trials that are newly complete.

        Args:
            trials: all trials of the study by number.
            asked: the number of the trial that is proposed, which is not one of `running`.
            params_of: returns the parameters of a running trial.
        """
        self._grow(len(trials))
        ended: dict[str, list[int]] = {kind: [] for kind in _KINDS}
        running = []
        for number in self._changed(trials):
            trial = trials[number]
            if trial.state == TrialState.RUNNING and number != asked:
                running.append(number)
                self._enter(trial, params_of(trial))
            elif trial.state in _MODELLED:
                self._enter(trial, trial.params)
                ended[self._kind(trial)].append(number)
        self.running = np.array(running, dtype=np.intp)
        for kind, numbers in ended.items():
            if numbers:
                setattr(self, kind, np.sort(np.append(getattr(self, kind), numbers)))
        return np.array(ended["complete"], dtype=np.intp)

    def _changed(self, trials: Sequence[FrozenTrial]) -> list[int]:
        """Return the numbers of trials that had not ended, or were told of again: these are forgotten."""
        pairs = enumerate(zip(self._read, trials, strict=False))
        changed = [number for number, (was, trial) in pairs if was is not trial]
        if revised := [number for number in changed if self._read[number] is not None]:
            self.revisions += 1
            for kind in _KINDS:
                setattr(self, kind, np.setdiff1d(getattr(self, kind), revised))
        changed += range(len(self._read), len(trials))
        for number in changed:
            self._read[number : number + 1] = [trials[number] if trials[number].state.is_finished() else None]
        return changed

    @property
    def ended(self) -> int:
        """How many trials have ended, without those that were rejected for anything but a bound."""
        return len(self.complete) + len(self.pruned) + len(self.infeasible) + len(self.refused)

    def observed(self, numbers: Numbers, names: Sequence[str]) -> dict[str, Values]:
        """Return internal values by name, of those of the trials `numbers` that have all of `names`."""
        columns = [self._column(name)[numbers] for name in names]
        whole = ~np.isnan(columns).any(axis=0)
        return {name: column[whole] for name, column in zip(names, columns, strict=True)}

    def shows(self, space: Mapping[str, BaseDistribution]) -> bool:
        """Return whether the internal values are those of the distributions of `space`."""
        return self.plain and not any(
            isinstance(one, CategoricalDistribution) and self._distributions.get(name, one) != one
            for name, one in space.items()
        )

    def _grow(self, rows: int) -> None:
        if rows > len(self.excess):
            self.excess = _grown(self.excess, rows)
            self.losses = _grown(self.losses, rows)
            self._values = {name: _grown(column, rows) for name, column in self._values.items()}

    def _column(self, name: str) -> Values:
        if name not in self._values:
            self._values[name] = np.full(len(self.excess), np.nan)
        return self._values[name]

    def _enter(self, trial: FrozenTrial, params: Mapping[str, Any]) -> None:
        for name, value in params.items():
            distribution = trial.distributions.get(name) or self._distributions.get(name)
            if distribution is not None:
                known = self._distributions.setdefault(name, distribution)
                if isinstance(known, CategoricalDistribution) and known != distribution:
                    self.plain = False
                self._column(name)[trial.number] = distribution.to_internal_repr(value)

    def _kind(self, trial: FrozenTrial) -> str:
        violation = sum(value for value in trial.constraints.values() if value > 0)
        self.excess[trial.number] = violation
        if trial.intermediate_values:
            self.plain = False
        if trial.state == TrialState.COMPLETE:
            self.losses[trial.number] = self._signs * trial.values
            if not np.isfinite(self.losses[trial.number]).all():
                self.plain = False
        if violation > 0:
            return "infeasible"
        if trial.user_attrs.get(REJECTED):
            return "rejected"
        told = trial.user_attrs.get(REPEATS) or trial.user_attrs.get(CONTRADICTS)
        return "refused" if told else trial.state.name.lower()


def _grown(array: Values, rows: int) -> Values:
    """Return an array with room for `rows` rows and as many again; new ones are NaN."""
    larger = np.full((2 * rows, *array.shape[1:]), np.nan)
    larger[: len(array)] = array
    return larger
