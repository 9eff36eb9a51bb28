"""Which training of a study: the key under which its epochs, measurement and files are kept."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class AttemptKey:
    """One training: an attempt at one seed of one trial of one study.

    Attributes:
        study: its name.
        trial: the trial's number, from 0.
        seed: of the training.
        attempt: counts the trainings of this trial with this seed, from 1.
    """

    study: str
    trial: int
    seed: int
    attempt: int = 1

    def __str__(self) -> str:
        return f"attempt {self.attempt} with seed {self.seed} of trial {self.trial} of study {self.study!r}"
