"""Requirements are bounds on the trials of a front, such as `acc>=0.98`."""

import math
import operator
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from paretocaps.domain.objective import OBJECTIVES, Objective, canonical_name, split_names
from paretocaps.errors import UsageError

_OPERATORS: Mapping[str, Callable[[Any, float], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_PATTERN = re.compile(
    r"\s*([A-Za-z_]\w*(?:\([^()]*\))?)\s*(>=|<=|>|<)\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)([kM]?)\s*"
)
_SUFFIXES: Mapping[str, float] = {"": 1.0, "k": 1e3, "M": 1e6}


@dataclass(frozen=True)
class Requirement:
    """A bound on one objective.

    A front within bounds is the front of the trials that keep them. A trial that misses a bound is not an
    answer, and so it beats no other trial.
    """

    name: str
    relation: str
    bound: float

    @classmethod
    def parse(cls, text: str) -> "Requirement":
        """Parse a text such as `acc>=0.98`, `time<60` or `params<=500k`.

        Raises:
            UsageError: the text is not a name, one of >= <= > <, and a number, which k or M may follow.
            UnknownNameError: there is no objective of that name.
        """
        match = _PATTERN.fullmatch(text)
        try:
            name, relation, number, suffix = match.groups() if match else ("", "", "", "")
            requirement = cls(canonical_name(name), relation, float(number) * _SUFFIXES[suffix])
            if not math.isfinite(requirement.bound):
                raise ValueError(text)
        except ValueError:
            raise UsageError(
                f"requirement {text!r} is not understood: write it like acc>=0.9 or params<=500k"
            ) from None
        OBJECTIVES.get(requirement.name)
        return requirement

    def refuse_percent(self) -> None:
        """Refuse a bound above 1 on a share of images.

        Raises:
            UsageError: it is one; the message has the bound as a share.
        """
        if self.bound > 1 and self.objective.images:
            share = replace(self, bound=self.bound / 100)
            remedy = f": write {share} for {_exact(self.bound)} %" if self.bound <= 100 else ""
            raise UsageError(f"{self}: {self.name} is a share of images, from 0 to 1{remedy}")

    @property
    def objective(self) -> Objective:
        """The objective that it bounds."""
        return OBJECTIVES.get(self.name)

    def met(self, values: Mapping[str, float]) -> bool:
        """Return whether `values` (by objective name) contains the objective and keeps the bound."""
        value = values.get(self.name)
        return value is not None and bool(self.kept_by(value))

    def kept_by(self, values: Any) -> Any:
        """Return for each value of an array whether it keeps the bound; NaN never does."""
        return _OPERATORS[self.relation](values, self.bound)

    def excess(self, value: float | None) -> float:
        """Return by how much `value` breaks the bound, as a share of the bound; 0 or less where it keeps it.

        A value that is missing breaks it by as much as the bound.
        """
        if value is None or math.isnan(value):
            return 1.0
        above = value - self.bound if self.relation in ("<=", "<") else self.bound - value
        share = above / (abs(self.bound) or 1.0)
        return share if self.kept_by(value) or share > 0 else sys.float_info.min

    def keeps_the_best(self, objectives: Iterable[Objective]) -> bool:
        """Return whether it bounds one of `objectives` on its worse side, so that the best values keep it."""
        better = {"maximize": (">", ">="), "minimize": ("<", "<=")}
        return any(o.name == self.name and self.relation in better[o.direction] for o in objectives)

    def __str__(self) -> str:
        return f"{self.name}{self.relation}{_exact(self.bound)}"


def _exact(bound: float) -> str:
    short = f"{bound:g}"
    return short if float(short) == bound else f"{bound:.15g}"


def parse_requirements(texts: str | Iterable[str]) -> tuple[Requirement, ...]:
    """Return the requirements in one text or several; commas separate the requirements of a text.

    Raises:
        UsageError: one of them is not understood.
    """
    texts = [texts] if isinstance(texts, str) else texts
    return tuple(Requirement.parse(part) for text in texts for part in split_names(text))


def stated_requirements(texts: str | Iterable[str]) -> tuple[Requirement, ...]:
    """Return the requirements that a person states, as `parse_requirements` does.

    Raises:
        UsageError: one of them is not understood, or is above 1 for a share of images.
    """
    found = parse_requirements(texts)
    for requirement in found:
        requirement.refuse_percent()
    return found


def with_bounded(objectives: Sequence[Objective], bounds: Iterable[Requirement]) -> tuple[Objective, ...]:
    """Return the objectives that trials are ranked by, and those that bounds are on, which may be others."""
    return (*objectives, *(bound.objective for bound in bounds))
