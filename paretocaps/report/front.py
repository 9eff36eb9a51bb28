"""The front for Python callers: it can be iterated, turned into a data frame, and asked for one member."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Self, overload

from paretocaps.domain.aims import parse_aims
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.renamed import renamed_arguments
from paretocaps.report.front_html import front_html
from paretocaps.report.sentences import no_member_text
from paretocaps.report.trial_frame import members_frame

if TYPE_CHECKING:
    from pandas import DataFrame
    from plotly.graph_objects import Figure


@dataclass(frozen=True, repr=False)
class Front(FrontRecord):
    """A stored front, with methods that convert it, draw it and choose a member.

    It is a sequence of its members, best in the first objective first (`front[0]`, `front[-3:]`), and a table
    in notebooks.

    Example:
        ```python
        front = paretocaps.load_front("demo")
        front[0].trial, front.to_frame().shape
        front.plot("acc", "time")
        ```
    """

    @classmethod
    def from_record(cls, record: FrontRecord) -> Self:
        """Return `record` as a `Front`."""
        return cls(**{field.name: getattr(record, field.name) for field in fields(FrontRecord)})

    @overload
    def __getitem__(self, index: int) -> FrontMember: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[FrontMember, ...]: ...

    def __getitem__(self, index: int | slice) -> FrontMember | tuple[FrontMember, ...]:
        """Return the member at a place, or those of a slice; the trial numbers are in `FrontMember.trial`."""
        return self.members[index]

    def __repr__(self) -> str:
        names = ", ".join(objective.name for objective in self.objectives)
        members = "1 member" if len(self) == 1 else f"{len(self)} members"
        within = f" within {self.within}" if self.within else ""
        apart = f"; {self.apart}" if self.corner else ""
        return f"<Front of {self.study!r}: {members} over {names}{within}{apart}>"

    def _repr_html_(self) -> str:
        return front_html(self)

    def plot(self, *names: str) -> "Figure":
        """Return a plotly figure of the front: in three dimensions, or of two objectives.

        Args:
            names: the objectives, two or three; without any, the first three, or both of two.

        Raises:
            UsageError: these are other numbers of objectives, or some that the front does not have; or it has
                no member.
        """
        from paretocaps.report.figures import front_2d, front_3d

        if not self.members:
            raise UsageError(f"the front of study {self.study!r} has no member to draw")
        places = self._places(names or [objective.name for objective in self.objectives][:3])
        if len(places) == 3:
            ordered = [self.objectives[place] for place in places]
            return front_3d(replace(self, objectives=tuple(ordered)))
        y, x = places
        return front_2d(self, (), x, y)

    def _places(self, names: Sequence[str]) -> list[int]:
        own = [objective.name for objective in self.objectives]
        if unknown := [name for name in names if name not in own]:
            raise UnknownNameError("objective of this front", unknown[0], own)
        if len(set(names)) not in (2, 3):
            count = "1 objective" if len(set(names)) == 1 else f"{len(set(names))} objectives"
            raise UsageError(f"{count} cannot be drawn: name two or three of {', '.join(own)}")
        return list(dict.fromkeys(map(own.index, names)))

    def to_frame(self) -> "DataFrame":
        """Return one row per member: trial, design, seeds, flags, n, measured quantities, choices.

        Values are in SI units, each with its standard deviation and interval over `n` seeds (acc, acc_sd,
        acc_low, acc_high); a choice that does not apply to a member is missing. A choice with the name of an
        earlier column is headed `choice_<name>`.
        """
        return members_frame(self.members, self.objectives)

    def knee(self) -> FrontMember:
        """Return the best compromise, by which gains in one objective cost most in the others.

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
        if not self.members:
            raise UsageError(no_member_text(self))
        return [[member.values[o.name] for o in self.objectives] for member in self.members]
