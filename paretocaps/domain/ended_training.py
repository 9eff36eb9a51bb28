"""One training that has ended and is stored, as observers are shown it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.measurement import Measurement


@dataclass(frozen=True)
class EndedTraining:
    """A training of one seed of a trial, which was measured.

    Attributes:
        key: its study, trial, seed and attempt.
        choices: the choices of its trial.
        design: the name of the trial's design; None for a point of the space.
        measurement: what was measured; `measurement.epochs` is the whole curve, also where the training went
            on from a checkpoint, or no driver ran when it ended.
        folder: the folder with its weights (`measurement.weights`), which are there while observers are shown
            it; it may be another machine's.
        stopped: why it was stopped early, such as "at epoch 2 of 5: beaten by trial 3"; empty if it was not.
    """

    key: AttemptKey
    choices: Mapping[str, Any]
    design: str | None
    measurement: Measurement
    folder: Path
    stopped: str = ""
