"""The progress of a study: the hypervolume of its front over trials and over training time."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from paretocaps.domain.history_step import HistoryStep
from paretocaps.domain.objective import Objective
from paretocaps.domain.requirement import Requirement, with_bounded
from paretocaps.domain.study_spec import StudySpec
from paretocaps.pareto.dominance import rank
from paretocaps.pareto.indicators import hypervolume, share_of
from paretocaps.pareto.matrix import signs
from paretocaps.search.corners import FIRST_TRIALS, Corners, columns, corners_of
from paretocaps.search.device_times import comparable
from paretocaps.search.ranking import asked_quantities, keeping
from paretocaps.storage.quantity_table import QuantityTable
from paretocaps.storage.store import Store


def history_of(
    store: Store,
    study: str,
    objectives: Sequence[Objective],
    device: str | None = None,
    scale_to: str | None = None,
    requirements: Sequence[Requirement] | None = None,
) -> tuple[HistoryStep, ...]:
    """Return a step per finished trial of a stored study, in the order of their numbers.

    It begins with the trial that fixed the corners, as there is no hypervolume before, and is empty before
    that. Trials that miss the bounds, those of the study if `requirements` is None, and trials of which every
    seed collapsed add nothing. Where it is of one device, time is that of its trials and of those that did
    not finish. The errors are those of `ranked_front`.
    """
    record = store.study(study)
    bounds = StudySpec.model_validate(record.spec).requirements if requirements is None else requirements
    bounded = with_bounded(objectives, bounds)
    everyone = store.table(study, asked_quantities(objectives, bounds))
    table = comparable(everyone, bounded, device, scale_to)
    corners = corners_of(record, table if scale_to else everyone, objectives, own=scale_to is None)
    if not corners:
        return ()
    values = columns(table, objectives)
    values[table.all_collapsed | ~keeping(table, bounds)] = np.nan
    elsewhere = {*everyone.trials.tolist()} - {*table.trials.tolist()}
    seconds = {trial: own for trial, own in store.seconds_by_trial(study).items() if trial not in elsewhere}
    first = int(everyone.trials[min(FIRST_TRIALS, len(everyone)) - 1])
    return _steps(table, _shares(values, objectives, corners), seconds, first)


def _steps(
    table: QuantityTable, shares: Sequence[float], seconds: Mapping[int, float], first: int
) -> tuple[HistoryStep, ...]:
    """Return the steps of a table of finished trials, from the trial `first` on.

    `seconds` has the training time of every trial.
    """
    numbers = np.array(sorted(seconds), dtype=np.int64)
    spent = np.concatenate([[0.0], np.cumsum([seconds[number] for number in numbers.tolist()])])
    until = spent[np.searchsorted(numbers, table.trials, side="right")]
    found = zip(table.trials.tolist(), until.tolist(), shares, strict=True)
    return tuple(HistoryStep(n, *step) for n, step in enumerate(found, 1) if step[0] >= first)


def _shares(values: NDArray[np.float64], objectives: Sequence[Objective], corners: Corners) -> list[float]:
    """Return the share of the first rows' hypervolume, for every number of rows."""
    front, share = values[:0], 0.0
    sign = signs(objectives)
    shares = []
    for row in values:
        # most rows are beaten, and one comparison tells so; those with NaN are not finite
        beaten = not np.isfinite(row).all() or bool((front * sign <= row * sign).all(axis=1).any())
        if not beaten:
            together = np.vstack([front, row])
            front = together[rank(together, objectives)]
            volume = hypervolume(front, corners.reference, objectives)
            share = share_of(volume, corners.reference, corners.ideal)
        shares.append(share)
    return shares
