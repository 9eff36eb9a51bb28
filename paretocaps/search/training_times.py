"""Predicts how many seconds a training takes, from the work of its steps and from timed trainings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paretocaps.domain.forecast import EpochForecast

LEAST = 5
"""The trials from which times are predicted."""
_KEPT = 300
"""The latest trials, which are learned from."""
_FOLDS = 10
_GROWTH = 1.2  # the error is looked at again when there are so many times as many trials
_PRIOR = 0.5
"""The weight, in trainings of the same work, of "seconds are the sum over the kinds of work"."""

Vector = NDArray[np.float64]


class TimeError(NamedTuple):
    """By which share predicted times were wrong, of trials that were left out: the median, and 9 in 10."""

    median: float
    most: float

    def __str__(self) -> str:
        return f"{self.median:.1%} off (median), 9 in 10 at most {self.most:.1%}"


class _Timed(NamedTuple):
    epochs: Sequence[EpochForecast]
    seconds: Vector  # of each epoch that was trained


@dataclass
class TrainingTimes:
    """What the trainings of a study on one device took.

    The seconds of a step are the sum over its kinds of work of the amount times a rate: rates of 0 or more
    with the least squared relative error (Lawson and Hanson's NNLS). What is left over is corrected by a
    factor, the mean over the timed steps, weighted by how near their work is on a logarithmic scale.
    """

    _timed: dict[int, _Timed] = field(default_factory=dict)
    _model: "_Model | None" = None
    _error: tuple[int, TimeError] | None = None
    _noted: int = 0

    def __len__(self) -> int:
        return len(self._timed)

    def note(self, trial: int, epochs: Sequence[EpochForecast], seconds: Sequence[float]) -> None:
        """Take in a trial: its forecast, and the seconds of the epochs that it trained."""
        known = list(epochs)[: len(seconds)]
        if known and all(second > 0 for second in seconds) and all(one.work for one in known):
            self._timed[trial] = _Timed(known, np.array(seconds[: len(known)], dtype=np.float64))
            self._model, self._noted = None, self._noted + 1
            if len(self._timed) > _KEPT:
                del self._timed[next(iter(self._timed))]

    def predict(self, epochs: Sequence[EpochForecast]) -> Vector | None:
        """Return the seconds up to and including each epoch; None while too few trials were timed."""
        if len(self._timed) < LEAST or not epochs:
            return None
        if self._model is None:
            self._model = _fitted(list(self._timed.values()))
        return np.cumsum(self._model.seconds(epochs))

    @property
    def error(self) -> TimeError | None:
        """How wrong predictions are for trials that were not used for them; None while there are too few.

        It is that of a sixth fewer trials at most, because it takes as long as ten predictions.
        """
        return self._measured(_GROWTH)

    @property
    def latest_error(self) -> TimeError | None:
        """The same, of all trials."""
        return self._measured(1.0)

    def _measured(self, growth: float) -> TimeError | None:
        if len(self._timed) < 2 * LEAST:
            return None
        if self._error is None or self._noted > growth * self._error[0]:
            self._error = self._noted, self._left_out()
        return self._error[1]

    def _left_out(self) -> TimeError:
        numbers = sorted(self._timed)
        errors = []
        for fold in range(_FOLDS):
            rest = [self._timed[n] for place, n in enumerate(numbers) if place % _FOLDS != fold]
            model = _fitted(rest)
            for number in numbers[fold::_FOLDS]:
                epochs, seconds = self._timed[number]
                errors.append(abs(float(model.seconds(epochs).sum() / seconds.sum()) - 1.0))
        return TimeError(float(np.median(errors)), float(np.quantile(errors, 0.9)))


class _Model(NamedTuple):
    kinds: tuple[str, ...]
    rates: Vector
    places: NDArray[np.float64]  # log(1 + work) of the timed steps, [n, kinds]
    over: Vector  # log of the seconds over those by the rates, [n]

    def seconds(self, epochs: Sequence[EpochForecast]) -> Vector:
        """Return the seconds of each epoch."""
        work = _matrix([one.work for one in epochs], self.kinds)
        steps = np.array([one.steps for one in epochs], dtype=np.float64)
        near = np.exp(-((np.log1p(work)[:, None] - self.places) ** 2).sum(axis=2) / 2)
        factor = np.exp(near @ self.over / (near.sum(axis=1) + _PRIOR))
        seconds: Vector = steps * factor * (work @ self.rates)
        return seconds


def _fitted(trials: Sequence[_Timed]) -> _Model:
    from scipy.optimize import nnls  # takes a tenth of a second, which many studies do not need

    kinds = tuple(dict.fromkeys(kind for trial in trials for one in trial.epochs for kind in one.work))
    work = _matrix([one.work for trial in trials for one in trial.epochs], kinds)
    step = np.concatenate([t.seconds / [max(one.steps, 1) for one in t.epochs] for t in trials])
    scale = np.maximum(work.max(axis=0), np.finfo(float).tiny)
    rates = nnls(work / scale / step[:, None], np.ones(len(step)))[0] / scale
    total = work @ rates
    known = total > 0
    return _Model(kinds, rates, np.log1p(work)[known], np.log(step[known] / total[known]))


def _matrix(work: Sequence[Mapping[str, float]], kinds: Sequence[str]) -> NDArray[np.float64]:
    return np.array([[one.get(kind, 0.0) for kind in kinds] for one in work], dtype=np.float64)
