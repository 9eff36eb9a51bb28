"""The key of one training, under which its epochs, measurement and files are stored."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class AttemptKey:
    """One training: an attempt at one seed of one trial of one study.

    Attributes:
        study: the name of the study.
        trial: the number of the trial, from 0.
        seed: the seed of the training.
        attempt: the number of the training among those of this trial with this seed, from 1.
    """

    study: str
    trial: int
    seed: int
    attempt: int = 1

    def __str__(self) -> str:
        return f"attempt {self.attempt} with seed {self.seed} of trial {self.trial} of study {self.study!r}"
