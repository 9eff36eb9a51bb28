"""The finished trials of an Optuna study as scaled numbers, for samplers that model them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from optuna.trial import FrozenTrial, TrialState

from paretocaps.domain.objective import Objective
from paretocaps.pareto.dominance import nondominated
from paretocaps.pareto.matrix import Matrix, Rows, signs

LARGEST = 1000
"""The most trials that are kept: the front, and the latest others."""
REFERENCE = 1.1
"""The reference point in each scaled objective, of which 0 is the best value and 1 the worst that counts."""
CONTRADICTS = "contradicts"
"""The attribute of pruned trials whose combination the trainer refuses (`Proposals`)."""
REPEATS = "repeats"
"""The attribute of pruned trials that only repeat another one (`Proposals`)."""
REJECTED = "rejected"
"""The attribute of pruned trials that were rejected before they were trained."""
COUNTED = 0.75
"""The share of trials whose values count, also where they are worse than all of the front."""
ALL = 1.0
"""The same where the front is sought beyond its present ends."""


@dataclass(frozen=True)
class Scaling:
    """Scales values so that less is better, 0 is the front's best and 1 the worst that counts.

    Objectives that are to be small are scaled by their logarithms if all values are above 0: trainings
    differ in seconds and parameters by orders of magnitude.

    Attributes:
        objectives: the m objectives.
        logarithmic: bool[m].
        ideal, spread: float[m], the best of the front, and from there to the worst that counts.
    """

    objectives: Sequence[Objective]
    logarithmic: NDArray[np.bool_]
    ideal: Matrix
    spread: Matrix

    @classmethod
    def of(
        cls, values: Matrix, objectives: Sequence[Objective], front: Rows, counted: float = COUNTED
    ) -> Self:
        """Return the scaling for float[n, m] in the objectives' own units, of which `front` is the best.

        The share `counted` of the values is no worse than the worst that counts.
        """
        logarithmic = (values > 0.0).all(axis=0) & (signs(objectives) > 0)
        plain = cls(objectives, logarithmic, np.zeros(len(objectives)), np.ones(len(objectives)))
        small = plain.scaled(values)
        if not len(small):
            return plain
        best = small[front] if len(front) else small
        ideal = best.min(axis=0)
        spread = np.maximum(best.max(axis=0), np.quantile(small, counted, axis=0)) - ideal
        return cls(objectives, logarithmic, ideal, np.where(spread > 0.0, spread, 1.0))

    def scaled(self, values: Matrix) -> Matrix:
        """Return float[n, m] of values in the objectives' own units."""
        logs = np.log(np.where(self.logarithmic, np.maximum(values, np.finfo(float).tiny), 1.0))
        scaled: Matrix = (
            np.where(self.logarithmic, logs, values * signs(self.objectives)) - self.ideal
        ) / self.spread
        return scaled

    def known(self, quantities: Mapping[str, float]) -> dict[int, float]:
        """Return the scaled values of the objectives that are views of known quantities, by column."""
        names = [objective.quantity for objective in self.objectives]
        values = np.array([quantities.get(name, np.nan) for name in names])
        scaled = self.scaled(np.where(np.isfinite(values), values, 1.0)[None])[0]
        return {int(column): float(scaled[column]) for column in np.flatnonzero(np.isfinite(values))}


@dataclass(frozen=True)
class FinishedTrials:
    """The finished trials of a study.

    Attributes:
        points: their n points.
        values: float[n, m], scaled.
        front: the rows that keep all bounds and that no such row beats.
        scaling: how the values were scaled.
        prior: how many rows, the first ones, are what is told of trials of another study: they have not been
            trained in this one, so that none of them is on the front.
    """

    points: Sequence[Mapping[str, Any]]
    values: Matrix
    front: Rows
    scaling: Scaling
    prior: int = 0
    _keeping: Rows = field(default_factory=lambda: np.arange(0))
    """The rows of prior trials that keep all bounds, as far as that is known of them."""

    @classmethod
    def of(
        cls,
        trials: Sequence[FrozenTrial],
        objectives: Sequence[Objective],
        counted: float = COUNTED,
        prior: Sequence[FrozenTrial] = (),
    ) -> Self:
        """Return those of `trials` that finished: the front, and the latest if there are very many.

        See `Scaling.of` for `counted`, and `PriorTrials.told` for `prior`.
        """
        finished = [trial for trial in trials if trial.state == TrialState.COMPLETE and trial.values]
        values = np.array([trial.values for trial in finished]).reshape(len(finished), len(objectives))
        keeping = np.flatnonzero((_excesses(finished) <= 0.0).all(axis=1))
        front = keeping[nondominated(values[keeping] * signs(objectives))] if len(keeping) else keeping
        kept = np.union1d(front, np.arange(max(len(finished) - LARGEST, 0), len(finished)))
        values, front = values[kept], np.searchsorted(kept, front)
        scaling = Scaling.of(values, objectives, front, counted)
        points = [trial.params for trial in (*prior, *(finished[row] for row in kept))]
        told = np.array([trial.values for trial in prior]).reshape(len(prior), len(objectives))
        scaled = scaling.scaled(np.concatenate([told, values]))
        keeping = np.flatnonzero((_excesses(prior) <= 0.0).all(axis=1))
        return cls(points, scaled, front + len(prior), scaling, len(prior), keeping)

    @property
    def promising(self) -> Rows:
        """The rows near which better points are sought: the front, and prior trials that may join it."""
        rows = np.concatenate([self._keeping, self.front]).astype(np.intp)
        return np.union1d(rows[nondominated(self.values[rows])], self.front) if self.prior else self.front


@dataclass(frozen=True)
class Limits:
    """The trials of a study that have ended: which points are within its limits, and which are not.

    Attributes:
        points: their n points.
        excess: float[n, k], by how much each breaks each of k limits, 0 or less where it keeps it: the
            study's bounds, and if trials were pruned, whether this one was, as 1 or -1. These were rejected
            or stopped early, contradict themselves, or have collapsed.
    """

    points: Sequence[Mapping[str, Any]]
    excess: Matrix

    @classmethod
    def of(cls, trials: Sequence[FrozenTrial]) -> Self:
        """Return those of `trials` of which that is known, the latest if there are very many."""
        finished = [trial for trial in trials if trial.state == TrialState.COMPLETE][-LARGEST:]
        ended = [trial for trial in trials if trial.state == TrialState.PRUNED]
        pruned = [trial for trial in ended if not trial.user_attrs.get(REPEATS)][-LARGEST:]
        excess = _excesses([*finished, *pruned])
        if pruned:
            was_pruned = np.repeat([-1.0, 1.0], [len(finished), len(pruned)])
            excess = np.column_stack([excess, was_pruned])
        return cls([trial.params for trial in (*finished, *pruned)], excess)


def _excesses(trials: Sequence[FrozenTrial]) -> Matrix:
    """Return by how much each trial breaks each bound; a trial that does not know of one keeps it."""
    names = dict.fromkeys(name for trial in trials for name in trial.constraints)
    rows = [[trial.constraints.get(name, 0.0) for name in names] for trial in trials]
    return np.array(rows, dtype=np.float64).reshape(len(trials), len(names))
