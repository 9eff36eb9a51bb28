"""Extremely randomised regression trees, which fit any mix of numbers, categories and conditional choices."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paretocaps.pareto.matrix import Matrix

Rows = NDArray[np.float32]
TREES = 48


class Trees:
    """An ensemble of extremely randomised trees of several outputs (Geurts, Ernst and Wehenkel 2006).

    Each tree is grown on all rows until the targets of a leaf are equal. scikit-learn's `ExtraTreesRegressor`
    does the same, but takes longer for so few rows: it copies and checks its parameters for every tree.

    Args:
        rows: float32[n, columns].
        targets: float[n, outputs].
        generator: gives the seed of each tree.
    """

    def __init__(self, rows: Rows, targets: Matrix, generator: np.random.Generator) -> None:
        from sklearn import config_context  # takes as long as the driver's whole start
        from sklearn.tree import ExtraTreeRegressor

        seeds = generator.integers(2**31, size=TREES)
        self._outputs = targets.shape[1]
        with config_context(assume_finite=True, skip_parameter_validation=True):
            self._trees: Sequence[Any] = [
                ExtraTreeRegressor(max_features=1.0, random_state=int(seed)).fit(
                    rows, targets, check_input=False
                )
                for seed in seeds
            ]

    def predict(self, rows: Rows) -> Matrix:
        """Return what each tree predicts, float[trees, n, outputs]."""
        shape = len(rows), self._outputs
        return np.stack([tree.tree_.predict(rows).reshape(shape) for tree in self._trees])
