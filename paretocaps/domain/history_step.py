"""How far a study was after each of its trials."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HistoryStep:
    """How far a study was when a trial had finished.

    Attributes:
        trials: how many trials had finished.
        trial: the number of the last of them.
        training_seconds: the seconds of all trainings up to it, also of trials that were stopped or failed.
        hypervolume: of the front so far, as a share of all between the reference and the ideal point.
    """

    trials: int
    trial: int
    training_seconds: float
    hypervolume: float
