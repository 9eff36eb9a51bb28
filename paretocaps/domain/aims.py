"""Aims: levels of objectives that a person would like to reach, such as `acc>=0.98,time<=60`."""

from collections.abc import Sequence
from dataclasses import replace

from paretocaps.domain.objective import Objective
from paretocaps.domain.requirement import stated_requirements
from paretocaps.errors import UnknownNameError, UsageError


def parse_aims(text: str | Sequence[str], objectives: Sequence[Objective]) -> dict[str, float]:
    """Return the levels in `acc>=0.98,time<=60`, by objective.

    Unlike a bound, an aim leaves no trial out.

    Raises:
        UsageError: an aim is not understood, is above 1 for a share of images, is on the worse side of its
            objective, or there are two for one.
        UnknownNameError: an aim is for no objective of the front.
    """
    found: dict[str, float] = {}
    for aim in stated_requirements(text):
        names = [objective.name for objective in objectives]
        if aim.name not in names:
            raise UnknownNameError("objective of this front", aim.name, names)
        if not aim.keeps_the_best(objectives):
            right = replace(aim, relation=">=" if "<" in aim.relation else "<=")
            raise UsageError(f"aim {aim}: {aim.name} is better the other way, write {right}")
        if aim.name in found:
            raise UsageError(f"aim {aim}: {aim.name} has another aim, give one of them")
        found[aim.name] = aim.bound
    if not found:
        raise UsageError("there is no aim: write it like acc>=0.98,time<=60")
    return found
