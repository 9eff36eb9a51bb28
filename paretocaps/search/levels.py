"""Finds which members of a front are level: a paired test of their trainings does not tell them apart."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import Objective
from paretocaps.domain.quantities.quantities import compares_trials, parse_quantity
from paretocaps.domain.quantities.reach import EpochsTo
from paretocaps.pareto.level import Comparison, over_images, over_one_seed, over_seeds
from paretocaps.pareto.matrix import Matrix
from paretocaps.storage.predictions import Mistakes
from paretocaps.storage.store import Store

_ACC = "acc"
_COUNTS = ("params", "macs", "flops")
"""Quantities that are counted from a network, so that those of one seed compare exactly."""


def with_levels(store: Store, front: FrontRecord) -> FrontRecord:
    """Return a front whose members know which others they are level with, in each objective.

    Two members are compared by a paired t test over the seeds that both have. With one seed in common,
    accuracies are compared over the same validation images, if predictions of both are kept, and counts are
    level if they are equal; other quantities of one seed, such as times, are not compared.
    """
    if len(front) < 2:
        return front
    trials = [member.trial for member in front]
    objectives = [one for one in front.objectives if not compares_trials(one.quantity)]
    values, seeds = _by_seed(store, front, objectives)
    compared: dict[str, Comparison] = {}
    for objective, own in zip(objectives, values, strict=True):
        comparison = over_seeds(own, _step(objective, front))
        if objective.quantity in _COUNTS:
            comparison = comparison.or_else(over_one_seed(own))
        elif objective.quantity == _ACC:
            once = over_one_seed(own).known
            mistakes = store.mistakes(front.study, trials) if once.any() else {}
            comparison = comparison.or_else(_over_images(once, trials, seeds, mistakes))
        compared[objective.name] = comparison
    members = [_with_level(member, row, trials, compared) for row, member in enumerate(front)]
    return replace(front, members=tuple(members))


def with_design_levels(
    store: Store, front: FrontRecord, trials: Sequence[FrontMember], design: str
) -> list[FrontMember]:
    """Return `trials`, of which the first one of a design knows whom of a front it is level with."""
    found = list(trials)
    place = next((place for place, one in enumerate(found) if design in one.designs), None)
    if place is not None and all(objective.name in found[place].values for objective in front.objectives):
        others = tuple(member for member in front if member.trial != found[place].trial)
        found[place] = with_levels(store, replace(front, members=(*others, found[place]))).members[-1]
    return found


def _step(objective: Objective, front: FrontRecord) -> float:
    """Return the least difference of two values: an epoch, or an image's share; 0 where there is none."""
    if isinstance(parse_quantity(objective.quantity), EpochsTo):
        return 1.0
    images = front.validation_images if objective.images == "validation" else None
    return 1 / images if images else 0.0


def _by_seed(
    store: Store, front: FrontRecord, objectives: Sequence[Objective]
) -> tuple[list[Matrix], list[int]]:
    """Return the values of each objective, float[n, seeds] with NaN where a member lacks one, and the seeds.

    Where the times of a front are scaled to another device, these are scaled, too.
    """
    rows = {member.trial: row for row, member in enumerate(front)}
    found = store.seed_values(front.study, [objective.quantity for objective in objectives], list(rows))
    seeds, columns = np.unique(found.seeds, return_inverse=True)
    cube = np.full((len(objectives), len(rows), len(seeds)), np.nan)
    cube[:, [rows[trial] for trial in found.trials.tolist()], columns] = found.values.T
    for objective, values in zip(objectives, cube, strict=True):
        if objective.timed and front.scaled_to is not None:
            values *= _scale(front, objective, values)[:, None]
    return list(cube), seeds.tolist()


def _scale(front: FrontRecord, objective: Objective, values: Matrix) -> NDArray[np.float64]:
    """Return by what each member's times were multiplied, [n]."""
    shown = np.array([member.values[objective.name] for member in front])
    factors: NDArray[np.float64] = shown / np.nanmean(values, axis=1)
    return factors


def _over_images(
    once: NDArray[np.bool_],
    trials: Sequence[int],
    seeds: Sequence[int],
    mistakes: Mapping[tuple[int, int], Mistakes],
) -> Comparison:
    """Compare the pairs of trials with one seed in common, `once` bool[n, n], over the same images."""
    known, level = np.zeros_like(once), np.zeros_like(once)
    for seed in seeds:
        groups: dict[str, list[int]] = defaultdict(list)
        for row, trial in enumerate(trials):
            if (trial, seed) in mistakes:
                groups[mistakes[trial, seed].images].append(row)
        for rows in groups.values():
            mistaken = np.stack([mistakes[trials[row], seed].classes > 0 for row in rows])
            known[np.ix_(rows, rows)] = True
            level[np.ix_(rows, rows)] |= over_images(mistaken)
    return Comparison(known & once, level & once)


def _with_level(
    member: FrontMember, row: int, trials: Sequence[int], compared: Mapping[str, Comparison]
) -> FrontMember:
    level = {
        name: tuple(trials[other] for other in np.flatnonzero(comparison.level[row]).tolist())
        for name, comparison in compared.items()
        if comparison.known[row].any()
    }
    return replace(member, level=level)
