"""Pairs of classes as labels, for images in which two objects lie over each other."""

from collections.abc import Sequence
from itertools import combinations
from math import comb

SHIFT = 4
"""By how many pixels each of two images is moved at most, and how many are added at each border."""
FEWEST = 3
"""The fewest classes that are paired: two have one pair."""
MOST = 45
"""The most classes that are paired: they have 990 pairs, each with a row in tables."""


def pairs_of(classes: int) -> tuple[tuple[int, int], ...]:
    """Return the pairs of two of so many classes, by label: (0, 1), (0, 2), ..., (1, 2), ...

    The label of a pair is its place among them.
    """
    return tuple(combinations(range(classes), 2))


def pair_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of all pairs of classes, by label, such as "3+8"."""
    return tuple(f"{first}+{second}" for first, second in combinations(names, 2))


def pair_count(classes: int) -> int:
    """Return how many pairs so many classes have."""
    return comb(classes, 2)


def paired_classes(labels: int) -> int:
    """Return how many classes have so many pairs.

    Raises:
        ValueError: no number of classes has.
    """
    classes = 2
    while pair_count(classes) < labels:
        classes += 1
    if pair_count(classes) != labels:
        raise ValueError(f"{labels} labels are not the pairs of any number of classes: 1, 3, 6, 10, ... are")
    return classes
