"""The trials that a study is going to have, as far as they are known before it runs, and what they cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from paretocaps.domain.nominal_seconds import nominal_seconds
from paretocaps.domain.trainer import Forecaster
from paretocaps.search.checked_study import CheckedStudy
from paretocaps.search.designs import StudyDesigns
from paretocaps.search.same_training import SameTraining
from paretocaps.search.sequences import grid

Trial = Mapping[str, Any]


@dataclass(frozen=True)
class Cost:
    """What a study still takes.

    Attributes:
        trainings: all its trainings, one per trial and seed.
        left: those that are not finished.
        core_seconds: about how many seconds they take on one ordinary core; None where nobody knows.
        finished_core_seconds: the same of those that are finished.
    """

    trainings: int
    left: int
    core_seconds: float | None
    finished_core_seconds: float = 0.0


def planned_trials(checked: CheckedStudy, facts: Mapping[str, int] | None = None) -> list[Trial]:
    """Return the choices of the trials of a study's designs, and of its grid where that is its sampler.

    Raises:
        UsageError: the space or the fixed choices do not allow a design.
    """
    same = SameTraining(checked.trainer, checked.spec.epochs, facts)
    designs = StudyDesigns(checked.spec, checked.trainer, checked.space, checked.fix, same)
    found: list[Trial] = [designs.of(name).choices for name in checked.designs]
    if checked.spec.sampler == "grid":
        missing = max(0, checked.spec.trials - len(found))
        points = grid(checked.space, checked.fix, checked.spec.seed)
        found += [checked.trainer.complete(point, checked.fix) for point in islice(points, missing)]
    return found


def cost(trials: Sequence[Trial], seeds: int, done: Mapping[int, int], forecaster: Forecaster | None) -> Cost:
    """Return what a study costs.

    Args:
        trials: the choices of its trials.
        seeds: how many trainings each of them has.
        done: how many of these are finished, by the place of the trial in `trials`.
        forecaster: tells the work of a training; None if the trainer does not.
    """
    finished = [min(seeds, done.get(place, 0)) for place in range(len(trials))]
    left = seeds * len(trials) - sum(finished)
    work = [() if forecaster is None else forecaster(choices).epochs for choices in trials]
    if not all(work):
        return Cost(seeds * len(trials), left, None)
    each = list(map(nominal_seconds, work))
    spent = sum(count * seconds for count, seconds in zip(finished, each, strict=True))
    return Cost(seeds * len(trials), left, seeds * sum(each) - spent, spent)
