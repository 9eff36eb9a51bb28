"""The best accuracy that choices may reach after each epoch, learned from the curves of finished trials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paretocaps.search.encoding import Encoding
from paretocaps.search.trees import Trees

LEAST = 30
"""The finished trials from which an accuracy is bounded: of fewer, trees say little of other choices."""
_KEPT = 1000
"""The latest trials, which are learned from."""
_FOLDS = 5
_GROWTH = 1.2  # trees are grown again when there are so many times as many trials
Vector = NDArray[np.float64]


@dataclass
class BestAccuracy:
    """Trees over the choices, each output the accuracy after an epoch.

    To what they predict the most is added by which any finished trial was better than trees that were grown
    without it predicted. So a new trial exceeds this as likely as each of the n finished trials was the most
    exceptional one: with a chance of about 1 / (n + 1) for each epoch.

    Args:
        encoding: makes rows of choices.
        epochs: the epochs of a training.
    """

    encoding: Encoding
    epochs: int
    _choices: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    _curves: dict[int, Vector] = field(default_factory=dict)
    _noted: int = 0
    _grown: int = 0
    _trees: Trees | None = None
    _above: Vector = field(default_factory=lambda: np.zeros(0))

    def note(self, trial: int, choices: Mapping[str, Any], accs: Sequence[float]) -> None:
        """Take in a finished trial with its accuracy after each epoch; a shorter curve ends level."""
        if accs:
            self._choices[trial] = choices
            self._curves[trial] = np.array([*accs, *[accs[-1]] * (self.epochs - len(accs))][: self.epochs])
            self._noted += 1
            if len(self._curves) > _KEPT:
                oldest = next(iter(self._curves))
                del self._curves[oldest], self._choices[oldest]

    def upper(self, choices: Mapping[str, Any]) -> Vector | None:
        """Return the best accuracy after each epoch, at most 1; None while too few trials have finished."""
        if len(self._curves) < LEAST:
            return None
        if self._trees is None or self._noted > _GROWTH * self._grown:
            self._grow()
        assert self._trees is not None
        found = self._trees.predict(self.encoding.rows([choices])).mean(axis=0)[0]
        best: Vector = np.minimum(found + self._above, 1.0)
        return best

    def _grow(self) -> None:
        numbers = sorted(self._curves)
        rows = self.encoding.rows([self._choices[number] for number in numbers])
        curves = np.stack([self._curves[number] for number in numbers])
        folds, above = np.arange(len(numbers)) % _FOLDS, np.zeros(self.epochs)
        for fold in range(_FOLDS):
            held = folds == fold
            trees = Trees(rows[~held], curves[~held], np.random.default_rng(fold))
            missed = curves[held] - trees.predict(rows[held]).mean(axis=0)
            above = np.maximum(above, missed.max(axis=0))
        self._trees, self._above = Trees(rows, curves, np.random.default_rng(_FOLDS)), above
        self._grown = self._noted
