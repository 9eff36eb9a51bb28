"""Counts what fails in one run of a study, and ends the run when it is too much."""

from dataclasses import dataclass

from paretocaps.domain.failure import Failure
from paretocaps.errors import ParetocapsError

_IN_A_ROW = 5


@dataclass
class Failures:
    """The failures of one run.

    Args:
        allowed: the number of failed trials that ends the run.

    Attributes:
        trials: how many trials failed.
        in_a_row: how many trainings failed since the last success.
        reason: the reason of the last failure.
    """

    allowed: int
    trials: int = 0
    in_a_row: int = 0
    reason: str = ""

    def success(self) -> None:
        """Count a training that was measured."""
        self.in_a_row = 0

    def of_trial(self, failure: Failure) -> None:
        """Count a trial that failed.

        Raises:
            ParetocapsError: too many have failed.
        """
        self.trials += 1
        self._count("trials", failure)
        if self.trials >= self.allowed:
            many = "the study's only trial failed" if self.trials == 1 else f"{self.trials} trials failed"
            raise ParetocapsError(f"{many}, the last reason: {self.reason}")

    def of_seed(self, failure: Failure) -> None:
        """Count a further training of a finished trial that failed; the trial keeps its values.

        Raises:
            ParetocapsError: too many have failed in a row.
        """
        self._count("trainings", failure)

    def _count(self, what: str, failure: Failure) -> None:
        self.reason = failure.reason
        self.in_a_row += 1
        if self.in_a_row >= _IN_A_ROW:
            raise ParetocapsError(f"{self.in_a_row} {what} in a row failed, the last reason: {self.reason}")
