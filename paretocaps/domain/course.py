"""How a training runs through its epochs: which trainings compare before they end, and from when on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from paretocaps.domain.effect import Facts


@dataclass(frozen=True)
class Course:
    """The course of a training.

    Attributes:
        name: trainings compare before their end only with those of the same name: a schedule that is shaped
            by its end, such as one cycle, gets most of its accuracy in its last epochs.
        judged_from: the first epoch after which it may be compared, as the first of its pruned network.
    """

    name: str = ""
    judged_from: int = 1


class Courses(Protocol):
    """A function that returns the course of a training without importing torch."""

    def __call__(self, choices: Mapping[str, Any], epochs: int, facts: Facts) -> Course:
        """Return the course of a training of `epochs` epochs with canonical `choices`."""
        ...
