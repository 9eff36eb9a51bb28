"""Why a training has no measurement, as a value that travels from the worker to the store."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """A training that ended without a measurement.

    Attributes:
        reason: why, in one line.
        may_pass: whether the same training, tried again, may succeed: its worker was killed or could not
            start, or a disk was full.
    """

    reason: str
    may_pass: bool = False

    def __str__(self) -> str:
        return self.reason
