"""The protocol of a batch schedule."""

from typing import Protocol

from paretocaps.domain.choices import Choices
from paretocaps.schedules.phase import Phase


class BatchSchedule(Protocol):
    """A pure function that divides a training into phases of one batch size each."""

    def __call__(self, choices: Choices, images: int, epochs: int) -> tuple[Phase, ...]:
        """Return the phases of `epochs` epochs (1 or more) over `images` images (1 or more)."""
        ...
