"""The front for Python callers: it can be iterated, turned into a data frame, and asked for one member."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

from paretocaps.domain.aims import parse_aims
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.errors import UsageError
from paretocaps.renamed import renamed_arguments
from paretocaps.report.trial_frame import members_frame

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Front(FrontRecord):
    """A stored front, with methods that convert it and choose a member."""

    @classmethod
    def from_record(cls, record: FrontRecord) -> Self:
        """Return `record` as a `Front`."""
        return cls(**{field.name: getattr(record, field.name) for field in fields(FrontRecord)})

    def to_frame(self) -> "DataFrame":
        """Return one row per member: trial, design, seeds, flags, n, measured quantities, choices.

        Values are in SI units, each with its standard deviation and interval over `n` seeds (acc, acc_sd,
        acc_low, acc_high); a choice that does not apply to a member is missing. A choice with the name of an
        earlier column is headed `choice_<name>`.
        """
        return members_frame(self.members, self.objectives)

    def knee(self) -> FrontMember:
        """Return the best compromise: near it, any gain in one objective costs much in the others.

        Raises:
            UsageError: the front is empty.
        """
        from paretocaps.pareto.decision import knee

        return self.members[knee(self._values(), self.objectives)]

    @renamed_arguments(weights="preferences")
    def pick(self, preferences: Mapping[str, float]) -> FrontMember:
        """Return the member whose strengths are nearest to `preferences`, e.g. {"acc": 2, "time": 1}.

        Args:
            preferences: how much each objective matters, by name; only their proportions count.

        Raises:
            UsageError: the front is empty, a preference is for no objective of the front or below zero,
                or none is above zero.
        """
        from paretocaps.pareto.decision import pick

        return self.members[pick(self._values(), self.objectives, preferences)]

    def aim(self, aims: str | Sequence[str]) -> FrontMember:
        """Return the member that surpasses all aims by most, or falls short of them by least.

        Args:
            aims: levels to reach, such as "acc>=0.98,time<=60"; they leave no trial out, as bounds do.

        Raises:
            UsageError: the front is empty, or an aim is not understood or for no objective of the front.
        """
        from paretocaps.pareto.aspiration import nearest_to

        levels = parse_aims(aims, self.objectives)
        return self.members[nearest_to(self._values(), self.objectives, levels)]

    def _values(self) -> list[list[float]]:
        if not self.members and self.requirements:
            raise UsageError(f"the front is empty: no trial keeps {self.within}; give other bounds, or none")
        return [[member.values[o.name] for o in self.objectives] for member in self.members]
