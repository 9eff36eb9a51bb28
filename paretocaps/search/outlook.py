"""What is known of choices before their training: sizes, and the best that time and accuracy may be."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paretocaps.domain.forecast import Forecast
from paretocaps.domain.space import Parameter, Scalar, Space
from paretocaps.domain.trainer import Forecaster, forecast_of
from paretocaps.domain.wording import bytes_text
from paretocaps.search.best_accuracy import BestAccuracy
from paretocaps.search.encoding import Encoding
from paretocaps.search.likely_failures import LikelyFailures
from paretocaps.search.study_front import StudyFront
from paretocaps.search.training_times import TrainingTimes
from paretocaps.storage.finished_epochs import EpochRow
from paretocaps.storage.quantity_table import Machine
from paretocaps.storage.records import State

_FAILED: tuple[State, ...] = ("failed",)
_LATEST = 300
"""How many finished trials are looked at when a study goes on."""
_ABOUT = 0.1
"""By which share an estimated quantity may be off, and a predicted time at least."""
_UNSURE = 0.5
"""By which share a predicted time, or the memory, may be off while few trials say how far it is."""
_FEW = 3
"""Finished trials that say how far the memory is off: precisions and devices differ."""


class Bounds(NamedTuple):
    """What a quantity may be after each epoch that may be the best one, [epochs] or [1]: least and most."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass
class Outlook:
    """Learns from a study's trials what others would be.

    Args:
        standing: the finished trials.
        space, fix: the sampled and the fixed choices.
        epochs: the epochs of a training.
        forecaster: what the trainer tells of choices; None if it tells nothing.
        room: the bytes of memory that a training may have in all; None where that is not known.

    Attributes:
        accuracy, failures: what accuracies may be reached, and which trainings would fail.
    """

    standing: StudyFront
    space: Space
    fix: Mapping[str, Any]
    epochs: int
    forecaster: Forecaster | None
    room: int | None = None
    accuracy: BestAccuracy = field(init=False)
    failures: LikelyFailures = field(init=False)
    _read: set[int] = field(default_factory=set)
    _failed: int = 0
    _memory: list[float] = field(default_factory=list)
    _machine: Machine | None = None
    _times: dict[Machine | None, TrainingTimes] = field(default_factory=lambda: defaultdict(TrainingTimes))

    def __post_init__(self) -> None:
        encoding = Encoding(self.space, self.fix)
        self.accuracy, self.failures = BestAccuracy(encoding, self.epochs), LikelyFailures(encoding)

    @property
    def times(self) -> TrainingTimes:
        """What trainings take on the device of the latest trial; those of other devices say nothing of it.

        A device with another version of torch is another one.
        """
        return self._times[self._machine]

    def forecast(self, choices: Mapping[str, Any]) -> Forecast:
        """Return what the trainer tells of `choices`: nothing where it has no forecast, or refuses them."""
        return forecast_of(self.forecaster, choices)

    def learn(self, failed: int) -> None:
        """Take in the trials that have ended since; `failed` is how many of the study have failed."""
        table = self.standing.table
        if len(table) != len(self._read):
            new = [number for number in table.trials.tolist() if number not in self._read]
            self._read.update(new)
            self._learn(new[-_LATEST:])
            # of the last number: other drivers' trials end in any order
            self._machine = table.machines[-1][-1]
        if failed != self._failed:
            self._failed = failed
            store, states = self.standing.store, _FAILED
            for trial in store.trials(self.standing.spec.study, states, attempts=False):
                memory = self.forecast(trial.choices).estimated.get("memory")
                self.failures.failed(trial.number, self.point(trial.choices), trial.reason or "", memory)

    def failing(self, choices: Mapping[str, Any], told: Forecast) -> str:
        """Return why a training would fail; an empty text where nothing says so."""
        memory = told.estimated.get("memory")
        if memory and self.room:
            needed = memory * (choices.get("ranks") or self.standing.spec.ranks)  # which share the machine
            if needed * self._memory_range(0.0)[0] * (1 - _ABOUT) > self.room:
                return f"it needs about {bytes_text(needed)} of memory, of {bytes_text(self.room)} in all"
        return self.failures.why(self.point(choices), memory)

    def bounds(self, choices: Mapping[str, Any], told: Forecast) -> dict[str, Bounds]:
        """Return what the quantities may be, by name, over the epochs that may be the best one."""
        found = {name: Bounds(np.array([value]), np.array([value])) for name, value in told.exact.items()}
        for name, value in told.estimated.items():
            least, most = self._memory_range(_UNSURE) if name == "memory" else (1.0, 1.0)
            found[name] = Bounds(
                np.array([value * least * (1 - _ABOUT)]), np.array([value * most * (1 + _ABOUT)])
            )
        final = np.array([one.final for one in told.epochs] or [True] * self.epochs)
        seconds, accuracy = self.times.predict(told.epochs), self.accuracy.upper(self.point(choices))
        if seconds is not None:
            off = _UNSURE if self.times.error is None else min(max(self.times.error.most, _ABOUT), 0.9)
            found["time"] = Bounds(seconds[final] * (1 - off), seconds[final] * (1 + off))
        if accuracy is not None and len(final) == len(accuracy):
            found["acc"] = Bounds(np.zeros(final.sum()), accuracy[final])
        return found

    def _memory_range(self, unsure: float) -> tuple[float, float]:
        """Return which shares of the memory that was told the finished trials needed: the least and the most.

        While few tell it, these are 1 and so much less or more.
        """
        if len(self._memory) < _FEW:
            return 1.0 - unsure, 1.0 + unsure
        return min(self._memory), max(self._memory)

    @property
    def time_error(self) -> str:
        """A line on how wrong predicted times are, by all trials until now; empty where too few say so."""
        self.learn(self._failed)
        error = self.times.latest_error
        return "" if error is None else f"predicted times of trials that were left out: {error}"

    def point(self, choices: Mapping[str, Any]) -> dict[str, Scalar]:
        """Return the sampled choices among `choices` whose values the space has."""
        known = (one for one in self.space if one.name in choices)
        return {one.name: choices[one.name] for one in known if _has(one, choices[one.name])}

    def _learn(self, trials: Sequence[int]) -> None:
        table, spec = self.standing.table, self.standing.spec
        for trial in trials:
            choices = table.choices_of(table.row(trial))
            memory = self.forecast(choices).estimated.get("memory")
            self.failures.finished(trial, self.point(choices), memory)
            measured = table.column("memory")[table.row(trial)] if "memory" in table.quantities else np.nan
            if memory and np.isfinite(measured):
                self._memory.append(float(measured) / memory)
        if self.forecaster is None and not spec.stated:  # then curves tell nothing that would reject any
            return
        rows = self.standing.store.finished_epochs(spec.study, trials)
        for trial, own in groupby(rows, key=lambda row: row.trial):
            curves = [list(curve) for _, curve in groupby(own, key=lambda row: row.seed)]
            choices = table.choices_of(table.row(trial))
            told, last = self.forecast(choices), curves[-1][0]
            self._times[last.device, last.torch].note(
                trial, told.epochs, _mean(curves, lambda row: row.seconds)
            )
            self.accuracy.note(trial, self.point(choices), _mean(curves, lambda row: row.acc))


def _has(parameter: Parameter, value: Any) -> bool:
    if parameter.values:
        return value in parameter.values
    low, high = float(parameter.low or 0), float(parameter.high or 0)
    return isinstance(value, int | float) and low <= value <= high


def _mean(curves: Sequence[Sequence[EpochRow]], value: Callable[[EpochRow], float]) -> list[float]:
    """Return the mean over the seeds after each epoch that all of them have."""
    together = zip(*([value(row) for row in curve] for curve in curves), strict=False)
    return [sum(values) / len(values) for values in together]
