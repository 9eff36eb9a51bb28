"""How many points a space has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paretocaps.domain.space import Parameter, Scalar, Space, holds


@dataclass(frozen=True)
class SpaceSize:
    """The size of a space.

    Attributes:
        combinations: how many combinations of sampled values it has, by its conditions; a range whose values
            cannot be listed counts as one value.
        ranges: the choices with such a range, of which each combination has any number of points.
    """

    combinations: int
    ranges: tuple[str, ...] = ()

    @property
    def points(self) -> int | None:
        """How many points it has; None where there are ranges."""
        return None if self.ranges else self.combinations


def space_size(space: Space, fix: Mapping[str, Any]) -> SpaceSize:
    """Return the size of a space beside fixed choices.

    Points that are the same training, such as by choices without effect, count each.
    """
    ranges = tuple(parameter.name for parameter in space if parameter.points() is None)
    deciding = {parent for parameter in space for parent in parameter.when.parents}
    known = tuple((name, value) for name, value in fix.items() if name in deciding)
    counted = {known: 1}
    for parameter in space:  # a choice comes after all that its condition depends on
        counted = _with(parameter, counted, decides=parameter.name in deciding)
    return SpaceSize(sum(counted.values()), ranges)


_Known = tuple[tuple[str, Any], ...]
"""The choices that are known at some place of a space, of those that decide whether others are sampled."""


def _with(parameter: Parameter, counted: Mapping[_Known, int], *, decides: bool) -> dict[_Known, int]:
    """Return how many combinations there are with one choice more, by what decides."""
    found: dict[_Known, int] = {}
    values = _values(parameter)
    for known, count in counted.items():
        if not holds(parameter.when, dict(known)):
            found[known] = found.get(known, 0) + count
        elif decides:
            for value in values:
                key = (*known, (parameter.name, value))
                found[key] = found.get(key, 0) + count
        else:
            found[known] = found.get(known, 0) + count * len(values)
    return found


def _values(parameter: Parameter) -> tuple[Scalar, ...]:
    """Return the values of a choice; of a range, one that stands for all."""
    listed = parameter.points()
    return parameter.examples()[-1:] if listed is None else listed
