"""Gives the members of a front the probability that they are non-dominated, and chooses them by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from paretocaps.domain.collapse import COLLAPSED
from paretocaps.domain.front_record import FrontRecord
from paretocaps.domain.objective import Objective
from paretocaps.domain.requirement import with_bounded
from paretocaps.pareto.matrix import Rows
from paretocaps.pareto.membership import (
    Draws,
    Membership,
    Trainings,
    candidates,
    chosen,
    draws,
    membership,
)
from paretocaps.search.corners import columns
from paretocaps.search.device_times import comparable
from paretocaps.search.ranking import keeping
from paretocaps.storage.predictions import Mistakes
from paretocaps.storage.quantity_table import QuantityTable
from paretocaps.storage.store import Store

_ACC = "acc"
_MOST = 200
"""So many trials near a front are looked at, because all pairs are compared in every draw."""
_WIDTHS = 3.0, 2.0, 1.0, 0.5, 0.0
"""Standard errors within which a trial is near a front: the first with which these are few enough."""


@dataclass(frozen=True)
class Contest:
    """The trials of a study that may be on its front, with their trainings.

    Attributes:
        trials: their numbers, [n], increasing.
        seeds: the seeds that any trial of the table has, [s], increasing.
        trainings: their values, float[n, s, m].
        drawn: resampled values (`pareto.membership.draws`).
        membership: how probably each one is non-dominated.
    """

    trials: Rows
    seeds: Rows
    trainings: Trainings
    drawn: Draws
    membership: Membership

    @property
    def probability(self) -> dict[int, float]:
        """How probably each trial is non-dominated, by number."""
        return dict(zip(self.trials.tolist(), self.membership.probability.tolist(), strict=True))

    def chosen(self, members: Sequence[int]) -> set[int]:
        """Return the members of the front, by number, that others do not more probably dominate than not."""
        rows = np.searchsorted(self.trials, members)
        kept = chosen(self.drawn, self.membership.probability, rows)
        return set(self.trials[kept].tolist())


def with_membership(store: Store, front: FrontRecord, table: QuantityTable | None = None) -> FrontRecord:
    """Return a front whose members know how probably they are non-dominated, and are chosen by that.

    It is known once a member has two seeds. Before that, how seeds differ could only be assumed, so the front
    is returned as it is. Its hypervolume stays that of all its trials.

    Args:
        store: where the study's trainings are.
        front: the front by means over the seeds.
        table: the finished trials of the study, with the quantities of the objectives and bounds; None to
            read them.
    """
    if not any(member.seeds > 1 for member in front):
        return front
    found = contest(store, front, table)
    kept = found.chosen([member.trial for member in front])
    probability = found.probability
    members = [replace(member, probability=probability[member.trial]) for member in front]
    return replace(
        front,
        members=tuple(member for member in members if member.trial in kept),
        by_chance={one.trial: one.probability or 0.0 for one in members if one.trial not in kept},
    )


def contest(store: Store, front: FrontRecord, table: QuantityTable | None = None) -> Contest:
    """Return the trials that may be on a front, and how probably they are; its members are among them.

    The arguments are those of `with_membership`.
    """
    compared = with_bounded(front.objectives, front.requirements)
    asked = tuple(dict.fromkeys(one.quantity for one in compared))
    everyone = store.table(front.study, asked) if table is None else table
    everyone = comparable(everyone, compared, front.device, front.scaled_to)
    whole = np.isfinite(columns(everyone, front.objectives)).all(axis=1)
    stands = np.isin(everyone.trials, [member.trial for member in front])  # another seed may just have come
    kept = stands | (whole & keeping(everyone, front.requirements) & ~_left_out(everyone, front))
    eligible = everyone.only(kept)
    seeds, trainings = _trainings(store, front, eligible)
    near = _near(trainings, front.objectives)
    members = np.searchsorted(eligible.trials, [member.trial for member in front])
    rows = np.union1d(near, members)
    numbers = eligible.trials[rows]
    mistakes = store.mistakes(front.study, numbers.tolist()) if _has_acc(front.objectives) else {}
    trainings = Trainings(trainings.values[rows], _right(numbers, seeds, mistakes), trainings.images)
    drawn = draws(trainings, front.objectives)
    return Contest(numbers, seeds, trainings, drawn, membership(drawn))


def _near(trainings: Trainings, objectives: Sequence[Objective]) -> Rows:
    """Return the rows near the front: of many, those within the fewest standard errors."""
    for widths in _WIDTHS:
        near = candidates(trainings, objectives, widths)
        if len(near) <= _MOST:
            break
    return near


def _left_out(table: QuantityTable, front: FrontRecord) -> np.ndarray:
    """Return which trials collapsed, where the front has none of those, and which are in its corner."""
    collapsed = table.all_collapsed & (not any(COLLAPSED in member.flags for member in front))
    if front.quality is None or front.below is None:
        return collapsed
    return collapsed | (table.column(front.quality.quantity) < front.below)


def _has_acc(objectives: Sequence[Objective]) -> bool:
    return any(objective.quantity == _ACC for objective in objectives)


def _trainings(store: Store, front: FrontRecord, table: QuantityTable) -> tuple[Rows, Trainings]:
    """Return the seeds, [s], and the values of every training of the table's trials, float[n, s, m].

    Where the times of a front are scaled to another device, these are scaled, too.
    """
    names = [objective.quantity for objective in front.objectives]
    found = store.seed_values(front.study, names, table.trials.tolist())
    seeds, columns = np.unique(found.seeds, return_inverse=True)
    values = np.full((len(table), len(seeds), len(names)), np.nan)
    values[np.searchsorted(table.trials, found.trials), columns] = found.values
    if front.scaled_to is not None:
        means = Trainings(values, {}).means()
        for column, objective in enumerate(front.objectives):
            if objective.timed:
                scale = table.column(objective.quantity) / means[:, column]
                values[..., column] *= scale[:, None]
    return seeds, Trainings(values, {}, front.validation_images)


def _right(
    trials: Rows, seeds: Rows, mistakes: Mapping[tuple[int, int], Mistakes]
) -> dict[tuple[int, int], np.ndarray]:
    """Return by row and column which images a training predicts rightly: those of most trainings."""
    kinds = [one.images for one in mistakes.values()]
    same = max(sorted(set(kinds)), key=kinds.count, default="")
    rows, columns = ({int(n): place for place, n in enumerate(numbers)} for numbers in (trials, seeds))
    return {
        (rows[trial], columns[seed]): one.classes == 0
        for (trial, seed), one in mistakes.items()
        if one.images == same
    }
