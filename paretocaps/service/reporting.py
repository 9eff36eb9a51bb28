"""Writes a stored study as a page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from paretocaps.domain.beside_baseline import BASELINE
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec
from paretocaps.service.fronts import bounds, front_of, only_study
from paretocaps.service.opened import Storage, opened

if TYPE_CHECKING:
    from paretocaps.domain.measurement import EpochRecord, Measurement
    from paretocaps.domain.published import Published
    from paretocaps.report.apart_section import Unfinished
    from paretocaps.report.front import Front
    from paretocaps.report.policies import PolicyCurve
    from paretocaps.storage.quantity_table import Machine, QuantityTable
    from paretocaps.storage.records import AttemptRecord
    from paretocaps.storage.store import Store


def write_report(
    study: str | None = None,
    storage: Storage = DEFAULT_STORAGE,
    output: str | None = None,
    objectives: str | None = None,
    require: str | Sequence[str] | None = None,
    measured_on: str | None = None,
    scale_to: str | None = None,
    *,
    all: bool = False,
    standalone: bool = True,
    pictures: str | None = None,
) -> Path:
    """Write a study's front as one HTML page and return its path (by default reports/STUDY.html).

    Args:
        study, storage, objectives, require, measured_on, scale_to, all: those of `load_front`.
        output: the page.
        standalone: whether plotly.js is in the page, or a file beside it that all pages of its folder share.
        pictures: "png" or "svg", to write every figure into a folder beside the page, too.

    Raises:
        StorageError: there is no such database or study.
        UsageError: as for `load_front`, or the page or the pictures cannot be written.
    """
    requirements = bounds(require, all)
    with opened(storage) as store:
        # only now what takes seconds to import, so that a missing database is told at once
        from paretocaps.report import page
        from paretocaps.report.apart_section import MEANINGS
        from paretocaps.search.importance import importance
        from paretocaps.search.levels import with_design_levels
        from paretocaps.search.published_trials import with_trials
        from paretocaps.search.ranking import named_values
        from paretocaps.search.study_history import history_of
        from paretocaps.search.views import trials_of
        from paretocaps.storage.artifacts import safe_name

        name = only_study(store, study)
        place = storage if isinstance(storage, str) else store.url
        front = front_of(store, name, objectives, requirements, measured_on, scale_to)
        record = store.study(name)
        asked = StudySpec.model_validate(record.spec)
        everyone = trials_of(store, name, front.objectives, measured_on, scale_to)
        published = asked.published and with_trials(asked.published, record, everyone.members)
        numbers = [member.trial for member in everyone.members]
        stored = store.trials_by_number(name, [member.trial for member in front])
        attempts = {trial: record.measured.values() for trial, record in stored.items()}
        table = further_table(store, name, published, everyone.members, measured_on, scale_to)
        return page.write_report(
            output or Path("reports") / f"{safe_name(name)}.html",
            front,
            trials=estimated(with_design_levels(store, front, everyone.members, BASELINE), table),
            settings=_settings(record.spec) | {"dataset": asked.data_spec.name, "storage": place},
            devices=everyone.devices,
            history=history_of(store, name, front.objectives, measured_on, scale_to, requirements),
            seeds=sorted(set(store.seed_values(name, (), numbers).seeds.tolist())),
            epochs={trial: next(iter(_by_seed(own).values())) for trial, own in attempts.items()},
            further={int(trial): named_values(table, row) for row, trial in enumerate(table.trials)},
            remarks={
                trial: tuple(dict.fromkeys(remark for one in _measured(own) for remark in one.remarks))
                for trial, own in attempts.items()
            },
            published=published,
            ensembles=store.ensembles(name),
            policies=_policies(store, name, asked, everyone.members),
            plans=_plans(front, attempts, asked),
            importance=importance(everyone.members, front.objectives),
            unfinished=_unfinished(store, front, tuple(MEANINGS), _machines(front, table)),
            storage=place,
            standalone=standalone,
            pictures=pictures,
        )


def further_table(
    store: "Store",
    study: str,
    published: "Published | None",
    trials: Sequence[FrontMember],
    device: str | None,
    scale_to: str | None,
) -> "QuantityTable":
    """Return the table of what a report shows in addition to the values of a front.

    Args:
        store: has the study.
        study: its name.
        published: what a paper publishes about it; None for nothing.
        trials: its finished trials.
        device, scale_to: those of `load_front`.
    """
    from paretocaps.report.baselines import reach_quantities
    from paretocaps.report.page import FURTHER
    from paretocaps.search.device_times import comparable

    asked = (*FURTHER, *(reach_quantities(published, trials) if published else ()))
    return comparable(store.table(study, asked), (), device, scale_to)


def estimated(trials: Sequence[FrontMember], table: "QuantityTable") -> list[FrontMember]:
    """Return the trials with the intervals of the table's quantities, besides their own."""
    rows = {int(trial): row for row, trial in enumerate(table.trials)}
    return [
        replace(trial, estimates={**table.estimates(rows[trial.trial]), **trial.estimates})
        for trial in trials
    ]


def _policies(
    store: "Store", study: str, spec: StudySpec, trials: Sequence[FrontMember]
) -> "list[PolicyCurve]":
    """Return the trials by epoch that a report shows in its section of policies."""
    from paretocaps.report.line_styles import STYLES
    from paretocaps.report.policies import shown_trials
    from paretocaps.report.tables import differing_choices

    shown = shown_trials(trials, len(STYLES))
    differing = differing_choices(shown)
    stored = store.trials_by_number(study, [trial.trial for trial in shown])
    found = [curve_of(one, stored[one.trial].measured.values(), spec, differing) for one in shown]
    return [curve for curve in found if curve is not None]


def _plans(
    front: "Front", attempts: "Mapping[int, Iterable[AttemptRecord]]", spec: StudySpec
) -> "list[PolicyCurve]":
    """Return the members by epoch, as far as figures of curves show them."""
    from paretocaps.report.series import evenly
    from paretocaps.report.training_figures import CURVES

    shown = [front.members[index] for index in evenly(len(front), CURVES)]
    found = [curve_of(one, attempts[one.trial], spec) for one in shown]
    return [curve for curve in found if curve is not None]


def curve_of(
    trial: FrontMember, attempts: "Iterable[AttemptRecord]", spec: StudySpec, differing: Sequence[str] = ()
) -> "PolicyCurve | None":
    """Return a trial by epoch, from the attempts of its seeds that count."""
    from paretocaps.report.policies import policy_curve

    kept = list(attempts)
    images = next((one.validation_images for one in _measured(kept)), None)
    by_seed = list(_by_seed(kept).values())
    several = images if len(by_seed) > 1 else None
    return policy_curve(trial, by_seed, spec.trainer, spec.epochs, differing, several)


def _machines(front: "Front", table: "QuantityTable") -> "set[Machine] | None":
    """Return the devices whose seconds the values of a front are; None where it is of all of them."""
    device = front.device or front.scaled_to
    if device is None:
        return None
    return {one for several in table.machines[table.devices == device] for one in several}


def _unfinished(
    store: "Store", front: "Front", states: Sequence[Any], machines: "set[Machine] | None"
) -> "list[Unfinished]":
    """Return the trials in one of `states`, with the values that they had when they ended.

    Where `machines` are given, trials that began on other devices are left out.
    """
    from paretocaps.domain.quantities.quantities import compares_trials, value_of
    from paretocaps.report.apart_section import Unfinished

    found = []
    own_values = [one for one in front.objectives if not compares_trials(one.quantity)]
    for record in store.trials(front.study, states):
        measured = list(_measured(record.measured.values()))
        if machines is not None and not {(m.device.name, m.device.torch) for m in measured} <= machines:
            continue
        values = {o.name: [value_of(one, o.quantity) for one in measured] for o in own_values}
        known = {name: [one for one in own if one is not None] for name, own in values.items()}
        means = {name: fmean(own) for name, own in known.items() if own and len(own) == len(measured)}
        trial = FrontMember(record.number, record.choices, means, record.design, seeds=len(measured))
        found.append(Unfinished(trial, record.state, record.reason or ""))
    return found


def _by_seed(attempts: "Iterable[AttemptRecord]") -> "dict[int, tuple[EpochRecord, ...]]":
    """Return the epochs of each seed's attempt."""
    return {one.key.seed: one.epochs for one in attempts}


def _settings(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a study was run with, without the values that a paper published."""
    return {name: value for name, value in spec.items() if name != "published"}


def _measured(attempts: "Iterable[AttemptRecord]") -> "Iterator[Measurement]":
    return (one.measurement for one in attempts if one.measurement is not None)
