"""What one token may train through the service."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quota:
    """What all submissions of one owner may train; None for no limit.

    Attributes:
        trials: how many trials, each with all its replicates; one that is trained once more counts again.
        hours: for how many hours they may run, without waits for a device and the starts of processes.
    """

    trials: int | None = None
    hours: float | None = None


UNLIMITED = Quota()
