"""What a paper claims about two rows of a table, and whether measured differences bear it out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from paretocaps.domain.estimate import t_interval
from paretocaps.domain.objective import OBJECTIVES, TEST_ACC, Objective
from paretocaps.errors import ParetocapsError

Verdict = Literal["holds", "does not hold", "open"]
Direction = Literal["more", "less", "level", "not less"]
EXACT = ("params", "macs", "flops")
"""The quantities that a seed changes by pruning alone, so that else one training tells their difference."""


class Claim(BaseModel):
    """A statement of a paper: a row has more or less of a quantity than another, about as much, or not less.

    Attributes:
        text: the statement in words, as the paper makes it.
        row, than: the names of the two rows that it compares.
        objective: the quantity, such as "test_acc" or "time_to(acc=baseline_16)".
        direction: whether `row` has "more" or "less" of it than the other, is "level" with it, or has
            "not less".
        by: by how much at least; for "level", by how much they may differ at most, and for "not less", by how
            much it may have less.
        relative: whether `by` is a share of the other row's value.
        stated: whether the paper states it; others are tried besides.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    row: str
    than: str
    objective: str
    direction: Direction
    by: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = 0.0
    relative: bool = False
    stated: bool = True

    @field_validator("objective")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            return compared_objective(value).name
        except ParetocapsError as error:
            raise ValueError(str(error)) from None

    @property
    def of(self) -> Objective:
        """The quantity that it compares."""
        return compared_objective(self.objective)

    @property
    def said(self) -> str:
        """The statement, marked where it is not the paper's."""
        return self.text if self.stated else f"Not stated by the paper: {self.text}"

    @property
    def of_device(self) -> bool:
        """Whether what it asks depends on the device and the size of a training: how much time or memory."""
        return self.by > 0 and self.direction in ("more", "less") and self.of.device_bound


def compared_objective(name: str) -> Objective:
    """Return the objective called `name`, or the test accuracy, which is none but is compared, too.

    Raises:
        UnknownNameError: there is no such objective.
        UsageError: a parameter of it is not allowed.
    """
    return TEST_ACC if name == TEST_ACC.name else OBJECTIVES.get(name)


_ROUNDING = 1e-12  # differences of shares of images differ in their last bits


@dataclass(frozen=True)
class Value:
    """One training's value; `at_least` says that it never came so far, and would have taken longer."""

    value: float
    at_least: bool = False


@dataclass(frozen=True)
class Difference:
    """By how much the trainings of one row differ from those of another with the same seeds.

    Attributes:
        value: the mean difference, or where it is `relative` the share of the other row's value.
        low, high: the ends of its 95 % interval; infinite on the side where trainings that never reached an
            accuracy leave it open.
        n: the number of seeds that both rows have.
        relative: whether it is a share.
    """

    value: float
    low: float
    high: float
    n: int
    relative: bool = False


def difference(
    pairs: Sequence[tuple[Value, Value]], *, relative: bool = False, exact: bool = False, step: float = 0.0
) -> Difference | None:
    """Return the mean difference of pairs of trainings with its 95 % interval, by Student's t.

    A relative difference is that of the geometric mean of the pairs' ratios from 1. It is None where there is
    no interval: without pairs, with one pair unless the quantity is `exact`, and for ratios of numbers that
    are not above 0.

    Args:
        pairs: the values of the row and of the other row, seed by seed.
        relative: whether to compare by ratios.
        exact: whether no seed changes the values.
        step: how far apart two values are at least, such as an epoch: where all differences are the same,
            the interval is that of rounding to steps, of deviation step / sqrt(6), because whole numbers
            agree by chance. It is not used for ratios.
    """
    if not pairs or (len(pairs) == 1 and not exact):
        return None
    if relative and not all(own.value > 0 and other.value > 0 for own, other in pairs):
        return None
    away = [
        math.log(own.value / other.value) if relative else own.value - other.value for own, other in pairs
    ]
    mean = _whole(math.fsum(away) / len(away))
    same = max(away) - min(away) <= _ROUNDING * max(1.0, abs(mean))
    apart = 0.0 if relative else step / math.sqrt(6.0)
    if same and not apart:
        low = high = mean
    else:
        low, high = t_interval(mean, apart if same else _deviation(away, mean), len(away))
    shown = math.expm1 if relative else float
    return Difference(
        shown(mean),
        -math.inf if any(other.at_least for _, other in pairs) else shown(low),
        math.inf if any(own.at_least for own, _ in pairs) else shown(high),
        len(pairs),
        relative,
    )


def _whole(number: float) -> float:
    return 0.0 if abs(number) <= _ROUNDING else number


def verdict(claim: Claim, found: Difference | None) -> Verdict:
    """Return whether a claim holds, does not hold, or is open, by the interval of the difference alone.

    It holds where every value in the interval agrees with it, and does not hold where none does.
    """
    if found is None:
        return "open"
    if claim.direction == "level":
        if -claim.by <= found.low and found.high <= claim.by:
            return "holds"
        return "does not hold" if found.low > claim.by or found.high < -claim.by else "open"
    if claim.direction == "not less":
        return "holds" if found.low >= -claim.by else "does not hold" if found.high < -claim.by else "open"
    low, high = (found.low, found.high) if claim.direction == "more" else (-found.high, -found.low)
    if low > claim.by or (claim.by > 0 and low == claim.by):
        return "holds"
    return "does not hold" if high < claim.by or low == high == claim.by else "open"


def _deviation(values: Sequence[float], mean: float) -> float:
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
