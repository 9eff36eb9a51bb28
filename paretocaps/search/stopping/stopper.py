"""The base of the rules that stop trainings early, and their registry."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from paretocaps.domain.objective import Objective
from paretocaps.registry import Registry
from paretocaps.search.stopping.curves import Curves, Training
from paretocaps.search.stopping.seen import unseen


@dataclass(frozen=True)
class Verdict:
    """What a rule says about a training after an epoch.

    Attributes:
        goes_on: whether it goes on.
        reason: why, as a phrase that follows "stopped at epoch 2 of 5: ".
        seen: what the rule looked at, in values that JSON can hold; it is stored with the decision.
    """

    goes_on: bool
    reason: str
    seen: Mapping[str, Any] = field(default_factory=dict)


class Stopper(ABC):
    """A rule that decides after each epoch whether a training goes on.

    A verdict follows from its arguments alone, so that a study that is resumed comes to the same ones. It
    must not change where objectives are listed in another order, or times are measured in another unit.

    Args:
        objectives: those of the study, in the order of the values of a point.

    Attributes:
        description: one line for people who choose a rule.
    """

    description: ClassVar[str]

    @classmethod
    def why_not(cls, objectives: Sequence[Objective]) -> str:
        """Return why the rule cannot judge by these objectives, as a phrase; empty if it can."""
        names = unseen(objectives)
        return f"{' and '.join(names)} cannot be seen before the end of a training" if names else ""

    def __init__(self, objectives: Sequence[Objective]) -> None:
        self.objectives = tuple(objectives)

    @abstractmethod
    def verdict(self, training: Training, curves: Curves) -> Verdict | None:
        """Return whether `training`, which `curves` have, goes on; None to decide nothing at this epoch."""

    @abstractmethod
    def promising(self, training: Training, curves: Curves) -> Verdict | None:
        """Return a verdict that lets a stopped training go on from where it was stopped; None to leave it."""


STOPPERS: Registry[type[Stopper]] = Registry(
    "early-stopping rule",
    {
        "rungs": "paretocaps.search.stopping.rungs:Rungs",
        "curves": "paretocaps.search.stopping.extrapolated:Extrapolated",
        "none": "paretocaps.search.stopping.never:Never",
    },
    group="paretocaps.stoppers",
)
