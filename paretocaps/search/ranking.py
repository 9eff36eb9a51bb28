"""Computes fronts from a table of finished trials, with pure functions; pymoo ranks them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paretocaps.domain.collapse import COLLAPSED
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.measurement import IMAGES, MEASURED
from paretocaps.domain.objective import Objective
from paretocaps.domain.quantities.quantities import parse_quantity
from paretocaps.domain.requirement import Requirement, with_bounded
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import ParetocapsError, UsageError
from paretocaps.pareto.dominance import rank
from paretocaps.pareto.indicators import hypervolume
from paretocaps.search.corners import columns, corners_of, stored_ideal
from paretocaps.search.device_times import comparable
from paretocaps.storage.fronts import StoredFront
from paretocaps.storage.quantity_table import QuantityTable
from paretocaps.storage.records import StudyRecord

_WHOLE = ("params", "macs", "memory")


def ranked_front(
    study: StudyRecord,
    table: QuantityTable,
    objectives: Sequence[Objective],
    requirements: Sequence[Requirement] = (),
    device: str | None = None,
    scale_to: str | None = None,
    known: Mapping[int, FrontMember] | None = None,
    among: Collection[int] | None = None,
    *,
    answers: bool = False,
) -> FrontRecord:
    """Return the front of the study's finished trials over any objectives that were measured.

    Over the study's own objectives, it has the study's reference and ideal point; over others, they are
    computed from the same first trials.

    Args:
        study: the study.
        table: its finished trials, with `asked_quantities`.
        objectives: two or more objectives; others than the study's own need no retraining.
        requirements: bounds; trials that miss one are left out before ranking, and with any bound those of
            which every seed collapsed, too, unless nothing beats them: these are the front's corner.
        device: rank only the trials that were measured on this device.
        scale_to: rank the trials of all devices, with times, and the values that bounds on times apply to,
            scaled to seconds of this device by the devices' calibrations.
        known: members as an earlier call returned them with the same arguments, by trial, where the table has
            the same row of them; they are not made anew.
        among: trials that all members are among, such as the former members and the trials that finished
            since; only with an earlier call with the same arguments, and without bounds.
        answers: whether trials of which every seed collapsed are left out without any bound, too.

    Raises:
        UsageError: an objective was not measured, or does not compare across devices; or a trial has no
            calibration to scale by.
    """
    compared = with_bounded(objectives, requirements)
    _refuse_unmeasured(study.name, table, compared)
    present = table.device_names
    everyone = comparable(table, compared, device, scale_to)
    corners = corners_of(study, everyone if scale_to else table, objectives, own=scale_to is None)
    bounded = everyone.only(keeping(everyone, requirements)) if requirements else everyone
    kept = bounded if among is None else bounded.only(np.isin(bounded.trials, list(among)))
    order = _choice_order(study.spec)
    corner: tuple[FrontMember, ...] = ()
    if (requirements or answers) and kept.all_collapsed.any():
        unbeaten = np.isin(np.arange(len(kept)), rank(columns(kept, objectives), objectives))
        gone = kept.only(kept.all_collapsed & unbeaten)
        corner = tuple(_member(gone, row, objectives, order) for row in range(len(gone)))
        kept = kept.only(~kept.all_collapsed)
    values = columns(kept, objectives)
    best = rank(values, objectives) if len(kept) else np.array([], dtype=np.intp)
    if kept.all_collapsed[best].any():  # what they beat counts in their place
        counted = columns(bounded.only(~bounded.all_collapsed), objectives)
    else:
        counted = values[best]
    return FrontRecord(
        study=study.name,
        objectives=tuple(objectives),
        reference_point=corners and corners.reference,
        hypervolume=hypervolume(counted, corners.reference, objectives) if corners else 0.0,
        members=tuple(
            (known or {}).get(int(kept.trials[row])) or _member(kept, int(row), objectives, order)
            for row in best
        ),
        scaled_to=scale_to,
        device=device,
        devices=present,
        trainer=study.spec.get("trainer", ""),
        requirements=tuple(requirements),
        unreached=_unreached(everyone, objectives),
        unmeasured=_unmeasured(everyone, objectives),
        corner=corner,
        validation_images=_validation_images(kept, best.tolist()),
        ideal_point=corners and corners.ideal,
    )


def stored_record(study: StudyRecord, stored: StoredFront, objectives: Sequence[Objective]) -> FrontRecord:
    """Return a stored front over the study's own objectives, without bounds, as a `FrontRecord`."""
    order = _choice_order(study.spec)
    rows = list(map(stored.table.row, stored.members))
    return FrontRecord(
        study=study.name,
        objectives=tuple(objectives),
        reference_point=None if study.reference_point is None else stored.reference_point,
        hypervolume=0.0 if study.reference_point is None else stored.hypervolume,
        members=tuple(_member(stored.table, row, objectives, order) for row in rows),
        devices=stored.devices,
        trainer=study.spec.get("trainer", ""),
        unreached=stored.unreached,
        validation_images=_validation_images(stored.table, rows),
        ideal_point=stored_ideal(study, objectives),
    )


def within(
    front: FrontRecord, requirements: Sequence[Requirement], *, answers: bool = False
) -> FrontRecord | None:
    """Return the front of the trials that keep bounds, if it can be computed from the front of all trials.

    It can if every bound limits one of the front's objectives on its worse side. A trial that beats another
    is at least as good in every objective, so it keeps every such bound that the other keeps, and each member
    of the bounded front is a member of the whole front. For other bounds the result is None, since a trial
    that keeps them may be beaten only by trials that miss them. Nor can it be computed if a member collapsed,
    because what that trial beats may then be a member.
    """
    if (requirements or answers) and any(COLLAPSED in member.flags for member in front):
        return None
    if not all(requirement.keeps_the_best(front.objectives) for requirement in requirements):
        return None
    members = tuple(m for m in front.members if all(bound.met(m.values) for bound in requirements))
    volume, point = front.hypervolume, front.reference_point
    if point is not None and len(members) < len(front):
        values = [[member.values[o.name] for o in front.objectives] for member in members]
        volume = hypervolume(values, point, front.objectives)
    return replace(front, members=members, hypervolume=volume, requirements=tuple(requirements))


@dataclass(frozen=True)
class MeasuredTrials:
    """The finished trials of a study, ordered by number, and the devices that they were measured on."""

    members: tuple[FrontMember, ...]
    devices: tuple[str, ...]


def measured_trials(
    study: StudyRecord,
    table: QuantityTable,
    objectives: Sequence[Objective] = (),
    device: str | None = None,
    scale_to: str | None = None,
) -> MeasuredTrials:
    """Return every finished trial of the table with all its values.

    Args:
        study: the study.
        table: its finished trials.
        objectives: objectives whose values are returned under their own names, too.
        device: return only the trials that were measured on this device.
        scale_to: scale all times to seconds of this device.

    Raises:
        UsageError: `device` and `scale_to` are both given, or a trial has no calibration to scale by.
        UnknownNameError: no trial was measured on that device.
    """
    table, order = comparable(table, (), device, scale_to), _choice_order(study.spec)
    members = tuple(_member(table, row, objectives, order) for row in range(len(table)))
    return MeasuredTrials(members, table.device_names)


def asked_quantities(
    objectives: Sequence[Objective], requirements: Sequence[Requirement] = ()
) -> tuple[str, ...]:
    """Return the columns of a table to rank trials: every common quantity, and those of the arguments."""
    asked = [one.quantity for one in with_bounded(objectives, requirements)]
    return tuple(dict.fromkeys([*MEASURED, *asked]))


def front_trials(
    table: QuantityTable, objectives: Sequence[Objective], requirements: Sequence[Requirement] = ()
) -> list[int]:
    """Return the numbers of the trials on the study's front, or on any device's if devices do not compare.

    Devices do not compare where an objective does not, or what one of the `requirements` is on.
    """
    bound = any(one.device_bound for one in with_bounded(objectives, requirements))
    parts = [table.only(table.devices == name) for name in table.device_names] if bound else [table]
    found: set[int] = set()
    for part in filter(len, parts):
        found.update(part.trials[rank(columns(part, objectives), objectives)].tolist())
    return sorted(found)


def latest_device(table: QuantityTable) -> str | None:
    """Return the device of the finished trial with the highest number, or None if there is no trial."""
    return str(table.devices[-1]) if len(table) else None


def named_values(table: QuantityTable, row: int) -> dict[str, float]:
    """Return the measured values of the trial in `row`, by quantity; counts and bytes are whole numbers."""
    values = {name: float(table.values[row, column]) for column, name in enumerate(table.quantities)}
    return {
        name: int(value) if name in _WHOLE and value.is_integer() else value
        for name, value in values.items()
        if not np.isnan(value)
    }


def _refuse_unmeasured(study: str, table: QuantityTable, asked: Sequence[Objective]) -> None:
    """Refuse objectives that were measured in no finished trial.

    It is no error if no trial reached an objective's target, such as the accuracy of `time_to`.
    """
    for name in (objective.quantity for objective in asked):
        if len(table) and np.isnan(table.column(name)).all() and parse_quantity(name) is None:
            raise UsageError(
                f"study {study!r} did not measure {name!r}: start another study with it among its objectives"
            )


def _member(
    table: QuantityTable, row: int, objectives: Sequence[Objective], order: Sequence[str]
) -> FrontMember:
    values = named_values(table, row)
    values |= {o.name: values[o.quantity] for o in objectives if o.quantity in values}
    estimates = table.estimates(row)
    estimates |= {o.name: estimates[o.quantity] for o in objectives if o.quantity in estimates}
    choices = table.choices_of(row)
    return FrontMember(
        trial=int(table.trials[row]),
        choices={name: choices[name] for name in [*order, *choices] if name in choices},
        values=values,
        design=table.designs[row],
        seeds=int(table.seeds[row]),
        flags=table.flags(row),
        estimates=estimates,
    )


def _choice_order(spec: Mapping[str, Any]) -> list[str]:
    """Return the names of the trainer's choices in its own order; empty if it is not installed here."""
    trainer = spec.get("trainer", "")
    try:
        return list(TRAINERS.get(trainer).choices.model_fields)
    except ParetocapsError:  # a stored study can be read without the trainer's package
        return []


def _unreached(table: QuantityTable, objectives: Sequence[Objective]) -> dict[str, int]:
    """Return how many trials never reached an objective's target, by its name, for those above 0."""
    views = [objective for objective in objectives if parse_quantity(objective.quantity) is not None]
    counts = {o.name: int(np.isnan(table.column(o.quantity)).sum()) for o in views}
    return {name: count for name, count in counts.items() if count}


def _unmeasured(table: QuantityTable, objectives: Sequence[Objective]) -> dict[str, tuple[int, ...]]:
    """Return the trials that lack a measured objective, by its name, where there are any."""
    measured = [objective for objective in objectives if parse_quantity(objective.quantity) is None]
    lacking = {o.name: table.trials[np.isnan(table.column(o.quantity))].tolist() for o in measured}
    return {name: tuple(trials) for name, trials in lacking.items() if trials}


def _validation_images(table: QuantityTable, rows: Sequence[int]) -> int | None:
    """Return the number of validation images, if it was recorded and is the same for all trials in `rows`."""
    numbers = set(table.images[rows, IMAGES.index("validation_images")].tolist()) if rows else set()
    number = numbers.pop() if len(numbers) == 1 else float("nan")
    return None if np.isnan(number) else int(number)


def keeping(table: QuantityTable, requirements: Sequence[Requirement]) -> NDArray[np.bool_]:
    """Return which trials keep all bounds, [n]; the table must have their quantities."""
    kept = np.ones(len(table), dtype=bool)
    for requirement in requirements:
        kept &= requirement.kept_by(table.column(requirement.objective.quantity))
    return kept
