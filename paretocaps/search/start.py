"""The start of a study: points spread evenly over its space, before its sampler has trials to learn from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, TypeVar

import optuna
from optuna.trial import FrozenTrial, TrialState

from paretocaps.domain.nominal_seconds import nominal_seconds
from paretocaps.domain.objective import Objective
from paretocaps.domain.trainer import Forecaster, forecast_of
from paretocaps.storage.records import State

_Point = TypeVar("_Point")

START = 10
"""How many trials a sampler that learns wants first (`tests/benchmarks/results/evidence.json` decides)."""
DRAWN = 4
"""Of how many points for each trial of a start the shortest trainings come first (decided there, too)."""
_PAID = frozenset({"time", "cpu_time", "wall", "energy"})
"""The quantities of which longer trainings have more."""


def seconds_by(
    forecaster: Forecaster | None, objectives: Sequence[Objective]
) -> Callable[[Mapping[str, Any]], float] | None:
    """Return about how many seconds trainings take, as a function of their choices.

    Return None where the trainer does not tell their work, or where that is no matter: where no objective of
    the study grows with it, the longest trainings may be the best ones.
    """
    if forecaster is None or not any(objective.quantity in _PAID for objective in objectives):
        return None
    return lambda choices: nominal_seconds(forecast_of(forecaster, choices).epochs)


def shortest_first(points: Iterator[_Point], seconds: Callable[[_Point], float]) -> Iterator[_Point]:
    """Yield the points of a start: the shortest trainings of its first ones, then the others in their order.

    Where little time is better, long trainings are seldom on the front, and a few of them would take longer
    than all others of the start.
    """
    drawn = list(islice(points, DRAWN * START))
    shortest = sorted(drawn, key=seconds)[:START]
    yield from shortest
    yield from chain((point for point in drawn if point not in shortest), points)


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
