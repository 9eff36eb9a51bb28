"""What a table of trainings tells, and the measure of the evidence: the hypervolume of true values."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pymoo.indicators.hv import HV
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

from paretocaps.domain.space import Space

REFERENCE = 1.1
"""The reference point in each scaled objective, of which 0 is the true front's ideal and 1 its nadir."""
Matrix = NDArray[np.float64]
_MANY = 1000
"""The points beyond which those that a sample dominates are left out first: pymoo compares all pairs."""


class Played(NamedTuple):
    """A training of one seed: what each epoch measured, and the number of prunings before it."""

    acc: tuple[float, ...]
    seconds: tuple[float, ...]
    params: tuple[int, ...]
    networks: tuple[int, ...]

    def best(self, epochs: int | None = None) -> int:
        """Return the index of the best of the first epochs: the earliest of the last network's."""
        acc, networks = self.acc[:epochs], self.networks[:epochs]
        return max(range(len(acc)), key=lambda one: (networks[one] == networks[-1], acc[one], -one))

    def values(self, epochs: int | None = None) -> tuple[float, float, int]:
        """Return accuracy, seconds up to it, and parameters, of the best of the first epochs."""
        best = self.best(epochs)
        return self.acc[best], sum(self.seconds[: best + 1]), self.params[best]


def played(acc: Iterable[float], seconds: Iterable[float], params: int) -> Played:
    """Return a training of one network."""
    accuracies = tuple(acc)
    count = len(accuracies)
    return Played(accuracies, tuple(seconds), (params,) * count, (0,) * count)


@dataclass(frozen=True)
class Table(ABC):
    """Trainings that can be played back.

    Attributes:
        name: its name in the protocol.
        space: what is searched.
        epochs: the epochs of each training.
        objectives: of "acc", "time" and "params".
        designs: named sets of choices that a study tries first.
        hooks: functions of the package that the trainer of the table has, by field of `TrainerSpec`.
        facts, reading: what the product found in its data (`CheckedData`), on which these depend.
        seeds: how many seeds it has, 1 where there is nothing to confirm; `written` has as many as are asked.
    """

    name: str
    space: Space
    epochs: int
    objectives: tuple[str, ...]
    designs: Mapping[str, Mapping[str, Any]]
    hooks: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, int] = field(default_factory=dict)
    reading: Mapping[str, Any] | None = None
    seeds: int = 1

    @property
    def choices(self) -> Mapping[str, Any]:
        """The choices of a point, by name, with their defaults."""
        return {one.name: one.values[0] if one.values else one.low for one in self.space}

    @abstractmethod
    def key(self, choices: Mapping[str, Any]) -> str:
        """Return the name of the point that these choices train."""

    def canonical(self, choices: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the choices of the point that these choices train."""
        return choices

    def once(self) -> "Table":
        """Return the table for one study; one that plays a nearest point has each played by one proposal."""
        return self

    @abstractmethod
    def played(self, choices: Mapping[str, Any], seed: int) -> Played:
        """Return the training of a seed; a table of n seeds plays seed modulo n."""

    @abstractmethod
    def truth(self, choices: Mapping[str, Any]) -> tuple[float, float, float]:
        """Return accuracy, seconds and parameters as means over all seeds of the table."""

    @abstractmethod
    def fronts(self) -> Iterable[tuple[list[str], Matrix]]:
        """Yield keys and `costs` of parts of the table, which together have its true front."""

    def costs(self, truth: Matrix) -> Matrix:
        """Return what is to be small, of true values float[n, 3]: float[n, objectives]."""
        logs = np.log10(np.maximum(truth[:, 1:], 1e-12))
        made = {"acc": 1 - truth[:, 0], "time": logs[:, 0], "params": logs[:, 1]}
        return np.stack([made[name] for name in self.objectives], axis=1)

    @cached_property
    def front(self) -> dict[str, Matrix]:
        """The points of the true front, by key, as `costs`."""
        keys: list[str] = []
        rows: list[Matrix] = []
        for names, costs in self.fronts():
            kept = nondominated(costs)
            keys += [names[row] for row in kept]
            rows.append(costs[kept])
        costs = np.concatenate(rows)
        return {keys[row]: costs[row] for row in nondominated(costs)}

    @cached_property
    def scale(self) -> tuple[Matrix, Matrix, float]:
        """The ideal point, the ranges up to the nadir point, and the volume of the true front."""
        costs = np.stack(list(self.front.values()))
        ideal, spread = costs.min(axis=0), np.ptp(costs, axis=0)
        spread = np.where(spread > 0, spread, 1.0)
        return ideal, spread, _volume((costs - ideal) / spread)

    def hypervolume(self, costs: Matrix) -> float:
        """Return the hypervolume of float[n, objectives] as a share of the true front's."""
        ideal, spread, whole = self.scale
        return _volume((costs - ideal) / spread) / whole


def nondominated(costs: Matrix) -> NDArray[np.intp]:
    """Return the rows that no other one dominates, of equal ones all."""
    kept = _thinned(costs) if len(costs) > _MANY else np.arange(len(costs))
    return kept[_fronts(costs[kept])]


def _fronts(costs: Matrix) -> NDArray[np.intp]:
    found = NonDominatedSorting().do(costs, only_non_dominated_front=True)
    return np.sort(np.asarray(found, dtype=np.intp))


def _thinned(costs: Matrix) -> NDArray[np.intp]:
    """Return the rows that the front of a random sample does not dominate."""
    sample = costs[np.random.default_rng(0).choice(len(costs), _MANY // 2, replace=False)]
    kept = np.arange(len(costs))
    for strong in sample[_fronts(sample)]:
        here = costs[kept]
        kept = kept[~((here >= strong).all(axis=1) & (here > strong).any(axis=1))]
    return kept


def _volume(scaled: Matrix) -> float:
    inside = scaled[(scaled < REFERENCE).all(axis=1)]
    if not len(inside):
        return 0.0
    return float(HV(ref_point=np.full(scaled.shape[1], REFERENCE))(inside))
