"""The search space of a study: which choices are sampled, from which values, and when."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from math import floor, isfinite, log10, prod
from typing import Any, Self

from paretocaps.domain.condition import Condition
from paretocaps.errors import UsageError, did_you_mean

_KEYS = {"values", "low", "high", "step", "log", "when", "prior"}
Scalar = bool | int | float | str
_LARGEST = 2**53  # whole numbers up to it are exact as floating-point numbers
MOST_LISTED = 1_000_000
"""The most values and combinations that are listed; a longer list would take minutes and gigabytes."""


@dataclass(frozen=True)
class Parameter:
    """One sampled choice: either a list of `values`, or a range from `low` to `high`.

    A range contains integers only if `low`, `high` and `step` are all integers. `when` is the condition under
    which the choice is sampled, and `prior` a value near which good ones are expected.
    """

    name: str
    values: tuple[Scalar, ...] = ()
    low: float | None = None
    high: float | None = None
    step: float | None = None
    log: bool = False
    when: Condition = field(default_factory=Condition)
    prior: Scalar | None = None

    @property
    def is_integer(self) -> bool:
        """Whether a range contains integers only."""
        return all(isinstance(bound, int) for bound in (self.low, self.high, self.step or 0))

    def points(self) -> tuple[Scalar, ...] | None:
        """Return all values in order, or None for a range whose values are too many to be listed."""
        if self.values:
            return self.values
        if self.low is None or self.high is None or (not self.is_integer and self.step is None):
            return None
        step = self.step or 1
        count = int((self.high - self.low) / step + 1e-9) + 1
        if count > MOST_LISTED:
            return None
        points = (self.low + index * step for index in range(count))
        return tuple(int(point) if self.is_integer else self.rounded(point) for point in points)

    def rounded(self, value: float) -> float:
        """Return a value of a range with a step as it is written: 0.6, not 0.2 + 0.2 + 0.2."""
        return round(value, max(12, 6 - floor(log10(self.step or 1))))

    def examples(self) -> tuple[float, ...]:
        """Return both ends of a range and, unless it contains integers only, a number between them."""
        if self.low is None or self.high is None:
            return ()
        step = self.step if self.step is not None else 0.377 * (self.high - self.low)
        return (self.low, self.high) if self.is_integer else (self.low, self.low + step, self.high)

    def table(self) -> dict[str, Any]:
        """Return the study-file table from which `Space.parse` reads this parameter."""
        entries: dict[str, Any] = {"values": list(self.values)} if self.values else {}
        entries |= {
            key: getattr(self, key) for key in ("low", "high", "step") if getattr(self, key) is not None
        }
        if self.log:
            entries["log"] = True
        if self.prior is not None:
            entries["prior"] = self.prior
        return entries | ({"when": self.when.table()} if self.when.parents else {})


@dataclass(frozen=True)
class Space:
    """Sampled parameters in an order in which every condition depends on earlier parameters only."""

    parameters: tuple[Parameter, ...] = ()

    @classmethod
    def parse(cls, table: Mapping[str, Any]) -> Self:
        """Read the `[space]` table of a study file, or an equal dictionary.

        Each entry is a list of values, or a table with `values` or `low`/`high` (and `step`,
        `log`, `when`, `prior`).

        Raises:
            UsageError: an entry is neither or both, a number is not finite, a range is empty, a prior is not
                among the values, or conditions depend on each other in a circle.
        """
        parameters = {name: _parse_parameter(name, entry) for name, entry in table.items()}
        return cls(tuple(_in_order(parameters)))

    def table(self) -> dict[str, Any]:
        """Return the table from which `parse` reads this space."""
        return {parameter.name: parameter.table() for parameter in self.parameters}

    def without(self, names: Collection[str]) -> Self:
        """Return the space without the choices called `names`."""
        return replace(self, parameters=tuple(p for p in self.parameters if p.name not in names))

    def settled(self, known: Mapping[str, Any]) -> Self:
        """Return the space without the clauses of conditions that hold for the choices that are `known`."""
        settled = (replace(one, when=one.when.settled(known)) for one in self.parameters)
        return replace(self, parameters=tuple(settled))

    @property
    def has_priors(self) -> bool:
        """Whether any choice has a prior."""
        return any(parameter.prior is not None for parameter in self.parameters)

    def without_priors(self) -> Self:
        """Return the space in which no value of a choice is expected to be better than others."""
        return replace(self, parameters=tuple(replace(p, prior=None) for p in self.parameters))

    @property
    def combinations(self) -> int | None:
        """The number of combinations of values, ignoring conditions; None if a range is continuous."""
        points = [parameter.points() for parameter in self.parameters]
        return None if None in points else prod(len(values or ()) for values in points)

    def listed(self, fix: Mapping[str, Any]) -> Iterator[dict[str, Scalar]]:
        """Yield every point of a finite space once, in order, as the choices that are sampled there.

        Raises:
            UsageError: a range is continuous, or there are too many combinations.
        """
        continuous = [parameter.name for parameter in self.parameters if parameter.points() is None]
        if continuous:
            raise UsageError(
                f"{continuous[0]} is a continuous range and cannot be listed: give it values or a step"
            )
        if (self.combinations or 0) > MOST_LISTED:
            raise UsageError(f"the space has {self.combinations} combinations: fix some choices to list them")
        seen: set[tuple[tuple[str, Scalar], ...]] = set()
        for combination in product(*(parameter.points() or () for parameter in self.parameters)):
            sampled: dict[str, Scalar] = {}
            for parameter, value in zip(self.parameters, combination, strict=True):
                if holds(parameter.when, {**fix, **sampled}):
                    sampled[parameter.name] = value
            key = tuple(sampled.items())
            if key not in seen:
                seen.add(key)
                yield sampled

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.parameters)


def holds(condition: Condition, known: Mapping[str, Any]) -> bool:
    """Return whether `condition` holds for the `known` choices; it does not if a parent is missing."""
    return all(parent in known for parent in condition.parents) and condition.holds(known.__getitem__)


def _parse_parameter(name: str, entry: Any) -> Parameter:
    if isinstance(entry, list | tuple):
        entry = {"values": entry}
    if not isinstance(entry, Mapping):
        raise UsageError(f"space.{name}={entry!r} is not understood: give a list of values or low and high")
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise UsageError(f"space.{name} has an unknown key {unknown[0]!r}{did_you_mean(unknown[0], _KEYS)}")
    when = Condition.parse(entry.get("when", {}))
    if "values" in entry:
        if contradicting := sorted(set(entry) - {"values", "when", "prior"}):
            raise UsageError(f"space.{name} has both `values` and `{contradicting[0]}`: give one of them")
        parameter = _listed(name, entry["values"], when)
    else:
        parameter = _ranged(name, entry, when)
    return replace(parameter, prior=_prior(parameter, entry["prior"])) if "prior" in entry else parameter


def _prior(parameter: Parameter, prior: Any) -> Scalar:
    """Return the prior of a choice, if it is one of its values or lies in its range."""
    values = parameter.points() if parameter.values or parameter.is_integer else None
    low, high = parameter.low or 0, parameter.high or 0
    number = isinstance(prior, int | float) and not isinstance(prior, bool)
    if prior not in values if values is not None else not (number and low <= prior <= high):
        among = ", ".join(map(str, values)) if parameter.values and values else f"{low} to {high}"
        raise UsageError(f"space.{parameter.name}.prior={prior!r} is none of its values: give one of {among}")
    return prior  # type: ignore[no-any-return]


def _listed(name: str, values: Any, when: Condition) -> Parameter:
    if not isinstance(values, list | tuple) or not values:
        raise UsageError(f"space.{name}.values={values!r} is not a list with at least one value")
    if any(not isinstance(value, bool | int | float | str) for value in values):
        raise UsageError(f"space.{name}.values={values!r} may hold numbers, strings and booleans only")
    _refuse_infinite(name, values)
    return Parameter(name, values=tuple(dict.fromkeys(values)), when=when)


def _ranged(name: str, entry: Mapping[str, Any], when: Condition) -> Parameter:
    low, high, step = entry.get("low"), entry.get("high"), entry.get("step")
    log = entry.get("log", False)
    numbers = [low, high] if step is None else [low, high, step]
    if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers):
        raise UsageError(
            f"space.{name} needs `values`, or numbers for `low` and `high` (and `step`): got {dict(entry)!r}"
        )
    if not isinstance(log, bool):
        raise UsageError(f"space.{name}.log={log!r} is not understood: write true or false")
    _refuse_infinite(name, numbers)
    if not low < high or (step is not None and step <= 0):  # type: ignore[operator]
        raise UsageError(f"space.{name} is an empty range: low={low}, high={high}, step={step}")
    if log and (low <= 0 or step is not None):  # type: ignore[operator]
        raise UsageError(f"space.{name} is logarithmic: low={low} must be above 0, and step must be left out")
    return Parameter(name, low=low, high=high, step=step, log=log, when=when)


def _refuse_infinite(name: str, values: Iterable[Any]) -> None:
    for value in values:
        if isinstance(value, float) and not isfinite(value):
            raise UsageError(f"space.{name} has {value}, which is not a finite number: leave it out")
        if isinstance(value, int) and abs(value) > _LARGEST:
            raise UsageError(f"space.{name} has a number above 2 ** 53, which is not exact: give a lower one")


def _in_order(parameters: Mapping[str, Parameter]) -> Iterator[Parameter]:
    waiting = dict(parameters)
    while waiting:
        ready = [
            name for name, p in waiting.items() if not any(parent in waiting for parent in p.when.parents)
        ]
        if not ready:
            raise UsageError(f"space: the conditions of {', '.join(sorted(waiting))} form a circle")
        for name in ready:
            yield waiting.pop(name)
