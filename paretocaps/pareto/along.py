"""What changes along a front: which choices go with its order, and which do not."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Any, Literal

_FEWEST = 4
"""Members of a front from which on an order can be seen."""
_CLEAR = 0.6
"""The rank correlation from which on a choice is said to rise or fall along a front."""
_PURE = 0.8
"""The share of members that have the value of their side, from which on a choice is said to change there."""


@dataclass(frozen=True)
class Change:
    """How a choice changes along a front, from its first member to its last.

    Attributes:
        choice: its name.
        kind: "rises" or "falls" with the order, "changes" from one value to another at one place, or "varies"
            without order.
        first, last: the (low) median or the most frequent value of the first part and of the last; None if it
            varies.
        place: the number of members before the place where it changes; 0 for other kinds.
    """

    choice: str
    kind: Literal["rises", "falls", "changes", "varies"]
    first: Any = None
    last: Any = None
    place: int = 0


def changes_along(choices: Sequence[dict[str, Any]]) -> list[Change]:
    """Return how choices change along a front, the clearest kinds first.

    Choices that are equal wherever they are there are left out: where members lack one, it repeats the choice
    on which it depends.

    Args:
        choices: those of the members, in the front's order; a member may lack some.
    """
    names = list(dict.fromkeys(name for own in choices for name in own))
    found = [_change(name, [own.get(name) for own in choices]) for name in names]
    order = ("rises", "falls", "changes", "varies")
    return sorted(filter(None, found), key=lambda change: order.index(change.kind))


def _change(name: str, values: Sequence[Any]) -> Change | None:
    if len({repr(value) for value in values if value is not None}) < 2:
        return None
    if len(values) < _FEWEST or None in values:
        return Change(name, "varies")
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        from scipy.stats import spearmanr

        correlation = float(spearmanr(range(len(values)), values).statistic)
        if abs(correlation) >= _CLEAR:
            third = max(1, len(values) // 3)
            first, last = median_low(values[:third]), median_low(values[-third:])
            if first != last:
                return Change(name, "rises" if correlation > 0 else "falls", first, last)
    return _split(name, values)


def _split(name: str, values: Sequence[Any]) -> Change:
    """Return where a choice changes from one value to another: where most members have that of their side."""
    if sum(number for _, number in Counter(map(repr, values)).most_common(2)) < _PURE * len(values):
        return Change(name, "varies")  # no two values are those of so many members
    best, found = 0, Change(name, "varies")
    for place in range(2, len(values) - 1):
        (first, left), (last, right) = _most(values[:place]), _most(values[place:])
        if repr(first) != repr(last) and left + right > best:
            best, found = left + right, Change(name, "changes", first, last, place)
    return found if best >= _PURE * len(values) else Change(name, "varies")


def _most(values: Sequence[Any]) -> tuple[Any, int]:
    """Return the most frequent value and how often it occurs; of equally frequent ones the first."""
    texts = [repr(value) for value in values]
    most = max(dict.fromkeys(texts), key=texts.count)
    return values[texts.index(most)], texts.count(most)
