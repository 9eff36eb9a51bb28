"""A front: the trials that no other trial beats in every objective."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from paretocaps.domain.objective import Objective


@dataclass(frozen=True)
class FrontMember:
    """One trial of a front.

    `values` has the trial's measured quantities by objective name (means over its seeds, SI units);
    `seeds` is how many trainings they are the mean of.
    """

    trial: int
    choices: Mapping[str, Any]
    values: Mapping[str, float]
    design: str | None = None
    seeds: int = 1

    def as_dict(self) -> dict[str, Any]:
        """Return the member as the command line's JSON has it."""
        own = {"trial": self.trial, "design": self.design, "seeds": self.seeds, "choices": dict(self.choices)}
        return own | dict(self.values)


@dataclass(frozen=True)
class FrontRecord:
    """A front as it is ranked and stored.

    Attributes:
        study: name of the study.
        objectives: what it is a front over, in order.
        reference_point: one value an objective, in its own unit and direction; None before the
            study has a finished trial.
        hypervolume: the volume between the front and the reference point, product of the units.
        members: the trials, best in the first objective first.
    """

    study: str
    objectives: tuple[Objective, ...]
    reference_point: tuple[float, ...] | None
    hypervolume: float
    members: tuple[FrontMember, ...]

    def __iter__(self) -> Iterator[FrontMember]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)

    def as_dict(self) -> dict[str, Any]:
        """Return the front as the command line's JSON has it."""
        return {
            "study": self.study,
            "objectives": [
                {"name": o.name, "direction": o.direction, "unit": o.unit} for o in self.objectives
            ],
            "reference_point": None if self.reference_point is None else list(self.reference_point),
            "hypervolume": self.hypervolume,
            "members": [member.as_dict() for member in self.members],
        }
