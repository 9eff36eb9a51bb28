"""Reads a front, or all finished trials, of a stored study."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from paretocaps.domain.beside_baseline import Baseline
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import OBJECTIVES, Objective, parse_objectives
from paretocaps.domain.requirement import Requirement
from paretocaps.domain.study_spec import StudySpec
from paretocaps.pareto.indicators import hypervolume
from paretocaps.search.levels import with_levels
from paretocaps.search.membership import with_membership
from paretocaps.search.ranking import (
    MeasuredTrials,
    asked_quantities,
    measured_trials,
    ranked_front,
    stored_record,
    within,
)
from paretocaps.storage.quantity_table import QuantityTable
from paretocaps.storage.records import StudyRecord
from paretocaps.storage.store import Store

_NEAREST = 3
"""So many members are shown where none keeps the bounds."""


def front_of(
    store: Store,
    study: str,
    objectives: Sequence[Objective] | None = None,
    requirements: Sequence[Requirement] | None = None,
    device: str | None = None,
    scale_to: str | None = None,
) -> FrontRecord:
    """Return the front of a stored study, over its own objectives and within its own bounds by default.

    Its collapsed corner is set apart (see `FrontRecord.answers`), unless `requirements` are empty: then the
    front has all trials that no other trial beats.
    The front over its own objectives is read as the driver stored it; any other is computed. Its members know
    which others they are level with, and are chosen by their probability, where that is known.
    The arguments and errors are those of `ranked_front`.

    Raises:
        StorageError: there is no such study.
    """
    record = store.study(study)
    answers = requirements is None or len(requirements) > 0
    spec = StudySpec.model_validate(record.spec)
    bounds = spec.requirements if requirements is None else requirements
    own = tuple(record.spec["objectives"])
    asked = parse_objectives(own) if objectives is None else objectives
    if own == tuple(objective.name for objective in asked) and device is None and scale_to is None:
        front = _stored(store, record, asked)
        bounded = None if front is None else within(front, bounds, answers=answers)
        if bounded is not None:
            return shown(store, spec, bounded.answers() if answers else bounded)
    table = store.table(study, asked_quantities(asked, bounds))
    ranked = ranked_front(record, table, asked, bounds, device, scale_to, answers=answers)
    return shown(store, spec, ranked.answers() if answers else ranked, table)


def shown(
    store: Store, spec: StudySpec, front: FrontRecord, table: QuantityTable | None = None
) -> FrontRecord:
    """Return a front with what its trainings tell, its study's tunings, and what stands on no front."""
    chosen = with_levels(store, with_membership(store, front, table))
    counts, tunings = store.counts(front.study), store.tunings(front.study)
    return replace(
        chosen,
        tunings=tunings,
        stopped=counts["stopped"],
        rejected=counts["rejected"],
        published=_published(spec, front),
        baseline=Baseline.of(spec.trainer, spec.fix),
        nearest=() if front.members or not front.requirements else _nearest(store, front, table),
    )


def _nearest(store: Store, front: FrontRecord, table: QuantityTable | None) -> tuple[FrontMember, ...]:
    """Return the members of the front without bounds that miss those of `front` by least, each as a share."""
    if table is None:
        table = store.table(front.study, asked_quantities(front.objectives, front.requirements))
    study = store.study(front.study)
    whole = ranked_front(
        study, table, front.objectives, device=front.device, scale_to=front.scaled_to, answers=True
    )
    missed = {
        one.trial: sum(max(0.0, bound.excess(one.values.get(bound.name))) for bound in front.requirements)
        for one in whole
    }
    return tuple(sorted(whole.answers(), key=lambda one: missed[one.trial])[:_NEAREST])


def _published(spec: StudySpec, front: FrontRecord) -> float | None:
    """Return the hypervolume of a paper's figures, where it has some for every objective."""
    if spec.published is None or front.reference_point is None or front.scaled_to is not None:
        return None
    figures = spec.published.values([objective.name for objective in front.objectives])
    return hypervolume(figures, front.reference_point, front.objectives) if figures else None


def _stored(store: Store, study: StudyRecord, objectives: Sequence[Objective]) -> FrontRecord | None:
    """Return the stored front of the study, or None if none is valid for all its trials and devices."""
    stored = store.stored_front(study.name, objectives, asked_quantities(objectives))
    if stored is None or (len(stored.devices) > 1 and any(o.device_bound for o in objectives)):
        return None
    return stored_record(study, stored, objectives)


def trials_of(
    store: Store,
    study: str,
    objectives: Sequence[Objective] = (),
    device: str | None = None,
    scale_to: str | None = None,
    *,
    stopped: bool = False,
    numbers: Collection[int] | None = None,
) -> MeasuredTrials:
    """Return the finished trials of a stored study, with the quantities that every trainer measures.

    With `stopped` these are the trials that were stopped early, with the values of their epochs so far; with
    `numbers` only those that have them. All have the values of the study's own objectives and of
    `objectives`, too. The other arguments and the errors are those of `measured_trials`.

    Raises:
        StorageError: there is no such study.
    """
    record = store.study(study)
    own = [OBJECTIVES.get(name) for name in record.spec.get("objectives", ()) if name in OBJECTIVES]
    own += [objective for objective in objectives if objective not in own]
    table = store.table(study, asked_quantities(own), numbers, stopped=stopped)
    return measured_trials(record, table, own, device, scale_to)
