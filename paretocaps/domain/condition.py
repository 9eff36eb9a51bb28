"""The condition on other choices under which a choice has a meaning."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from paretocaps.errors import UsageError


@dataclass(frozen=True)
class Condition:
    """A condition holds if all its clauses do: a parent has one of some values, or exceeds a bound.

    `allowed` gives, by the parent's name, the values under which the choice has a meaning; `bounds` gives, by
    the parent's name, the number that it must exceed.
    """

    allowed: tuple[tuple[str, Collection[Any]], ...] = ()
    bounds: tuple[tuple[str, float], ...] = ()

    @classmethod
    def any_of(cls, parent: str, *values: Any) -> Self:
        """Return the condition that `parent` has one of `values`."""
        return cls.among(parent, values)

    @classmethod
    def among(cls, parent: str, values: Collection[Any]) -> Self:
        """Return the condition that `parent` has one of `values`, which may grow (`Registry.where`)."""
        return cls(allowed=((parent, values),))

    @classmethod
    def above(cls, parent: str, bound: float) -> Self:
        """Return the condition that the number `parent` exceeds `bound`."""
        return cls(bounds=((parent, bound),))

    @classmethod
    def parse(cls, table: Mapping[str, Any]) -> Self:
        """Read the `when` table of a study file: per parent a value, a list of values, or `{ above = number
        }`.

        Raises:
            UsageError: the table contains something else.
        """
        if not isinstance(table, Mapping):
            raise UsageError(f"when={table!r} is not a table: write when = {{ choice = value }}")
        allowed: list[tuple[str, Collection[Any]]] = []
        bounds: list[tuple[str, float]] = []
        for parent, value in table.items():
            if isinstance(value, Mapping):
                if set(value) != {"above"} or not isinstance(value["above"], int | float):
                    raise UsageError(
                        f"when.{parent}={dict(value)!r} is not understood: write {{ above = 0.0 }}"
                    )
                bounds.append((parent, float(value["above"])))
            else:
                allowed.append((parent, tuple(value) if isinstance(value, list | tuple) else (value,)))
        return cls(allowed=tuple(allowed), bounds=tuple(bounds))

    def table(self) -> dict[str, Any]:
        """Return the `when` table from which `parse` reads this condition."""
        return {parent: list(values) for parent, values in self.allowed} | {
            parent: {"above": bound} for parent, bound in self.bounds
        }

    @property
    def parents(self) -> tuple[str, ...]:
        """The choices on which this condition depends."""
        return tuple(name for name, _ in (*self.allowed, *self.bounds))

    def settled(self, known: Mapping[str, Any]) -> Self:
        """Return the condition without the clauses that hold for the choices that are `known`."""
        allowed = tuple(one for one in self.allowed if one[0] not in known or known[one[0]] not in one[1])
        bounds = tuple(one for one in self.bounds if known.get(one[0]) is None or not known[one[0]] > one[1])
        return replace(self, allowed=allowed, bounds=bounds)

    def holds(self, value_of: Callable[[str], Any]) -> bool:
        """Return whether every clause holds for the values that `value_of` returns by name."""
        return all(value_of(parent) in values for parent, values in self.allowed) and all(
            value_of(parent) > bound for parent, bound in self.bounds
        )

    def __str__(self) -> str:
        clauses = [f"{parent} is {' or '.join(map(str, values))}" for parent, values in self.allowed]
        return " and ".join([*clauses, *(f"{parent} is above {bound:g}" for parent, bound in self.bounds)])
