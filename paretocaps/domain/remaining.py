"""What remains of a study, as it is expected."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Remaining:
    """What a study that runs is expected to need, and to gain, until it ends.

    Attributes:
        trials: how many further trials are expected, by `trials` or by the budget, whichever ends first.
        seconds: the training seconds that these are expected to take; None before a trial has ended.
        budget: the training seconds that are left of the budget; None without one.
        hypervolume: of the front, as a share (`FrontRecord.hypervolume_share`); None before it is known.
        expected: the same at the end, if the front grows as it did.
    """

    trials: int
    seconds: float | None = None
    budget: float | None = None
    hypervolume: float | None = None
    expected: float | None = None
