"""The start of a study: points spread over its space, the shortest trainings first."""

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
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
"""How many trials a sampler that learns wants first, as Optuna's do."""
DRAWN = 4
"""Of how many points for each trial of a start the shortest come first (docs/evidence.md: what others do)."""
_PAID = frozenset({"time", "cpu_time", "wall", "epoch_time", "energy", "energy_estimate"})
"""The quantities, without their parameters, of which longer trainings have more."""

Length = Callable[[Mapping[str, Any]], float]
"""How long a training of given canonical choices is, in any unit; infinity where nothing tells."""


def length_by(forecaster: Forecaster | None, objectives: Sequence[Objective], device: str) -> Length | None:
    """Return how long trainings are by what their trainer tells of their work.

    That is about how many seconds they take on a CPU, and on a GPU, which small batches leave idle, how many
    steps. Return None where the trainer tells nothing, or where it is no matter: where no objective of the
    study is to be small and grows with it, the longest trainings may be the best ones.

    Args:
        forecaster: what the trainer tells of choices; None if it tells nothing.
        objectives: the study's objectives.
        device: "cpu" or "cuda".
    """
    paid = (one for one in objectives if one.sign > 0 and one.quantity.partition("(")[0] in _PAID)
    if forecaster is None or next(paid, None) is None:
        return None

    def length(choices: Mapping[str, Any]) -> float:
        epochs = forecast_of(forecaster, choices).epochs
        told = nominal_seconds(epochs) if device == "cpu" else float(sum(epoch.steps for epoch in epochs))
        return told or math.inf  # nothing is told of choices that do not fit the data

    return length


def shortest_first(
    points: Iterator[_Point], training: Callable[[_Point], tuple[Hashable, float]]
) -> Iterator[_Point]:
    """Yield the points of a start: the shortest trainings of its first ones, then the others in their order.

    Where little time is better, long trainings are seldom on the front, and a few of them would take longer
    than all others of the start. Points of one training are counted once.

    Args:
        points: the points in their order.
        training: tells what training a point stands for, and how long it is.
    """
    drawn, length = dict[Hashable, _Point](), dict[Hashable, float]()
    for point in islice(points, DRAWN * START):
        key, length_of_it = training(point)
        drawn.setdefault(key, point)
        length.setdefault(key, length_of_it)
    shortest = sorted(drawn, key=lambda key: length[key])[:START]
    yield from (drawn.pop(key) for key in shortest)
    yield from chain(drawn.values(), points)


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
