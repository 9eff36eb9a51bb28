"""Learns from trainings that failed which others would: for lack of memory, or because they diverge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from paretocaps.domain.wording import bytes_text
from paretocaps.search.encoding import Encoding
from paretocaps.search.trees import Trees

_LEAST = 3
"""How many trainings must have diverged before others are taken to."""
_SURE = 0.75
"""The share of trees that must say so."""


@dataclass
class LikelyFailures:
    """What failed in a study, and what did not.

    Args:
        encoding: makes rows of choices.
    """

    encoding: Encoding
    _ends: dict[int, tuple[Mapping[str, Any], bool]] = field(default_factory=dict)
    _lacking: dict[int, float] = field(default_factory=dict)
    _fitting: float = 0.0
    _trees: Trees | None = None

    def finished(self, trial: int, choices: Mapping[str, Any], memory: float | None) -> None:
        """Take in a training that did not fail, and the bytes of memory that it was told to need."""
        self._note(trial, choices, diverged=False)
        self._fitting = max(self._fitting, memory or 0.0)

    def failed(self, trial: int, choices: Mapping[str, Any], reason: str, memory: float | None) -> None:
        """Take in a training that failed, where its reason says that memory ran out or that it diverged."""
        if " of memory" in reason:
            self._lacking[trial] = memory or 0.0
        elif "diverged" in reason or "the loss became" in reason:
            self._note(trial, choices, diverged=True)

    def why(self, choices: Mapping[str, Any], memory: float | None) -> str:
        """Return why a training would fail; an empty text where nothing says so."""
        if memory and memory > self._fitting:
            for trial, needed in self._lacking.items():
                if 0 < needed <= memory:
                    return (
                        f"it needs about {bytes_text(memory)} of memory, and trial {trial} failed for lack of"
                        f" it with {bytes_text(needed)}"
                    )
        diverged = [trial for trial, (_, bad) in self._ends.items() if bad]
        if len(diverged) < _LEAST or len(diverged) == len(self._ends):
            return ""
        if self._trees is None:
            self._trees = self._fitted()
        share = float(self._trees.predict(self.encoding.rows([choices])).mean())
        if share < _SURE:
            return ""
        return f"it would diverge as {len(diverged)} trials did ({share:.0%} of the trees say so)"

    def _note(self, trial: int, choices: Mapping[str, Any], *, diverged: bool) -> None:
        self._ends[trial] = choices, diverged
        if diverged or any(bad for _, bad in self._ends.values()):
            self._trees = None

    def _fitted(self) -> Trees:
        rows = self.encoding.rows([choices for choices, _ in self._ends.values()])
        bad = np.array([[float(diverged)] for _, diverged in self._ends.values()])
        return Trees(rows, bad, np.random.default_rng(0))
