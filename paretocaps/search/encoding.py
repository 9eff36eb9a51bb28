"""Points of a conditional space as rows of numbers, and new points near given ones."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paretocaps.domain.space import Parameter, Scalar, Space, holds
from paretocaps.search.sequences import value_at

Point = Mapping[str, Scalar]
Rows = NDArray[np.float32]
_ABSENT = -1.0
_STEP = 0.15
"""The deviation of a step in a range, as a share of the range."""
_JUMP = 0.3
"""How often a value in a range is changed to any other one instead."""
_CHANGES = 1.5
"""How many choices of a neighbour differ, on average."""
_BELOW_ONE = math.nextafter(1.0, 0.0)


class Encoding:
    """Encodes points for models that split on one number at a time, such as trees.

    A range, or a list of three or more numbers, has one column, from 0 to 1 and -1 where the choice is not
    sampled. Any other choice has one column per value, all 0 where it is not sampled.

    Args:
        space: the sampled choices.
        fix: the fixed choices, to which conditions may refer.
    """

    def __init__(self, space: Space, fix: Mapping[str, Any]) -> None:
        self.space, self.fix = space, fix

    def rows(self, points: Sequence[Point]) -> Rows:
        """Return float32[points, columns]."""
        columns: list[NDArray[np.float64]] = []
        for parameter in self.space:
            values = [point.get(parameter.name) for point in points]
            if is_ordered(parameter):
                columns.append(np.array([_ABSENT if v is None else share_of(parameter, v) for v in values]))
            else:
                columns += [np.array([v == known for v in values], float) for known in parameter.values]
        return np.stack(columns, axis=1, dtype=np.float32)

    @property
    def columns(self) -> list[int]:
        """How many columns each choice has, in the order of `rows`."""
        return [1 if is_ordered(parameter) else len(parameter.values) for parameter in self.space]

    def anywhere(self, generator: np.random.Generator) -> dict[str, Scalar]:
        """Return a point whose choices are drawn evenly."""
        return self._drawn(lambda parameter: value_at(parameter, generator.random()))

    def near(self, point: Point, generator: np.random.Generator) -> dict[str, Scalar]:
        """Return a neighbour of `point`: a few choices are changed, in ranges most often by a small step."""
        rate = _CHANGES / max(len(point), 1)

        def changed(parameter: Parameter) -> Scalar:
            own = point.get(parameter.name)
            if own is not None and generator.random() >= rate:
                return own
            if own is None or not is_ordered(parameter) or generator.random() < _JUMP:
                return value_at(parameter, generator.random())
            share = share_of(parameter, own) + _STEP * generator.standard_normal()
            return value_at(parameter, min(max(share, 0.0), _BELOW_ONE))

        return self._drawn(changed)

    def _drawn(self, value: Callable[[Parameter], Scalar]) -> dict[str, Scalar]:
        drawn: dict[str, Scalar] = {}
        for parameter in self.space:
            if holds(parameter.when, {**self.fix, **drawn}):
                drawn[parameter.name] = value(parameter)
        return drawn


def is_ordered(parameter: Parameter) -> bool:
    """Return whether a choice has numbers in an order: a range, or a list of three or more numbers."""
    numbers = all(isinstance(value, int | float) for value in parameter.values)
    return numbers and (len(parameter.values) > 2 or parameter.low is not None)


def share_of(parameter: Parameter, value: Scalar) -> float:
    """Return where the value of an ordered choice lies in its range or its list, from 0 to 1."""
    if parameter.values:
        return parameter.values.index(value) / (len(parameter.values) - 1)
    low, high, number = float(parameter.low or 0), float(parameter.high or 0), float(value)
    if parameter.log:
        low, high, number = math.log(low), math.log(high), math.log(number)
    return (number - low) / (high - low)
