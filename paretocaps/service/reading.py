"""Reads stored studies: their trials and history, and reports on them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec
from paretocaps.service.fronts import bounds, front_of, only_study

if TYPE_CHECKING:
    from pandas import DataFrame

    from paretocaps.domain.measurement import EpochRecord, Measurement
    from paretocaps.domain.published import Published
    from paretocaps.report.policies import PolicyCurve
    from paretocaps.storage.quantity_table import QuantityTable
    from paretocaps.storage.records import AttemptRecord
    from paretocaps.storage.store import Store


def load_trials(study: str | None = None, storage: str | PathLike[str] = DEFAULT_STORAGE) -> "DataFrame":
    """Return every trial of a stored study as a data frame: state, measured quantities, choices.

    A trial that was stopped early has the quantities of its epochs so far. Each quantity has its standard
    deviation and the ends of its 95 % interval over `n` seeds beside it (acc, acc_sd, acc_low, acc_high).
    `storage` is the path of an SQLite file, or a database URL.

    Example:
        ```python
        trials = paretocaps.load_trials("demo")
        trials[["trial", "state", "acc", "time"]]
        ```

    Raises:
        StorageError: there is no such database or study.
    """
    from paretocaps.report.trial_frame import trials_frame
    from paretocaps.search.views import trials_of
    from paretocaps.storage.store import Store

    with Store.open(fspath(storage), create=False) as store:
        name = only_study(store, study)
        ended = [*trials_of(store, name).members, *trials_of(store, name, stopped=True).members]
        measured = {member.trial: member for member in ended}
        records = store.trials(name, attempts=False)
    trials = [
        measured.get(record.number, FrontMember(record.number, record.choices, {}, record.design, seeds=0))
        for record in records
    ]
    return trials_frame(trials, [record.state for record in records], [record.reason for record in records])


def load_history(
    study: str | None = None,
    storage: str | PathLike[str] = DEFAULT_STORAGE,
    objectives: str | Sequence[str] | None = None,
    measured_on: str | None = None,
    scale_to: str | None = None,
    *,
    require: str | Sequence[str] | None = None,
    all: bool = False,
) -> "DataFrame":
    """Return the progress of a stored study as a data frame, a row per finished trial.

    Its columns are those of `HistoryStep`: `trials`, `trial`, `training_seconds`, and the `hypervolume` of
    the front so far, from 0 to 1. It begins with the trial that fixed the reference point, the eighth. The
    arguments and errors are those of `load_front`.

    Example:
        ```python
        paretocaps.load_history("demo")
        ```
    """
    from pandas import DataFrame

    view = objectives, measured_on, scale_to
    rows = history(study, fspath(storage), *view, require=require, all=all)
    return DataFrame(rows, columns=["trials", "trial", "training_seconds", "hypervolume"])


def history(
    study: str | None = None,
    storage: str = DEFAULT_STORAGE,
    objectives: str | Sequence[str] | None = None,
    measured_on: str | None = None,
    scale_to: str | None = None,
    *,
    require: str | Sequence[str] | None = None,
    all: bool = False,
) -> list[dict[str, Any]]:
    """Return the rows of `load_history`."""
    from paretocaps.search.study_history import history_of
    from paretocaps.storage.store import Store

    with Store.open(storage, create=False) as store:
        name = only_study(store, study)
        asked = parse_objectives(store.study(name).spec["objectives"] if objectives is None else objectives)
        view = measured_on, scale_to, bounds(require, all)
        return [asdict(step) for step in history_of(store, name, asked, *view)]


def finished_trials(study: str | None = None, storage: str = DEFAULT_STORAGE) -> tuple[FrontMember, ...]:
    """Return every finished trial of a stored study, on its front or not.

    Raises:
        StorageError: there is no such database or study.
    """
    from paretocaps.search.views import trials_of
    from paretocaps.storage.store import Store

    with Store.open(storage, create=False) as store:
        return trials_of(store, only_study(store, study)).members


def write_report(
    study: str | None = None,
    storage: str = DEFAULT_STORAGE,
    output: str | None = None,
    objectives: str | None = None,
    require: str | Sequence[str] | None = None,
    measured_on: str | None = None,
    scale_to: str | None = None,
    *,
    all: bool = False,
) -> Path:
    """Write a study's front as one HTML page and return its path (by default reports/STUDY.html).

    The arguments are those of `load_front`.

    Raises:
        StorageError: there is no such database or study.
        UsageError: as for `load_front`, or the page cannot be written.
    """
    from paretocaps.report import page
    from paretocaps.search.published_trials import with_trials
    from paretocaps.search.ranking import named_values
    from paretocaps.search.study_history import history_of
    from paretocaps.search.views import trials_of
    from paretocaps.storage.artifacts import safe_name
    from paretocaps.storage.store import Store

    requirements = bounds(require, all)
    with Store.open(storage, create=False) as store:
        name = only_study(store, study)
        front = front_of(store, name, objectives, requirements, measured_on, scale_to)
        record = store.study(name)
        spec = record.spec
        everyone = trials_of(store, name, front.objectives, measured_on, scale_to)
        asked = StudySpec.model_validate(spec)
        published = asked.published and with_trials(asked.published, record, everyone.members)
        numbers = [member.trial for member in everyone.members]
        attempts = {member.trial: store.trial(name, member.trial).measured.values() for member in front}
        table = _further(store, name, published, everyone.members, measured_on, scale_to)
        return page.write_report(
            output or Path("reports") / f"{safe_name(name)}.html",
            front,
            trials=_estimated(everyone.members, table),
            settings=_settings(spec) | {"dataset": asked.data_spec.name, "storage": storage},
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
        )


def _further(
    store: "Store",
    study: str,
    published: "Published | None",
    trials: Sequence[FrontMember],
    device: str | None,
    scale_to: str | None,
) -> "QuantityTable":
    """Return the table of what a report shows in addition to the values of a front."""
    from paretocaps.report.baselines import reach_quantities
    from paretocaps.report.page import FURTHER
    from paretocaps.search.device_times import comparable

    asked = (*FURTHER, *(reach_quantities(published, trials) if published else ()))
    return comparable(store.table(study, asked), (), device, scale_to)


def _estimated(trials: Sequence[FrontMember], table: "QuantityTable") -> list[FrontMember]:
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
    from paretocaps.report.policies import policy_curve, shown_trials
    from paretocaps.report.tables import differing_choices

    found, shown = [], shown_trials(trials, len(STYLES))
    differing = differing_choices(shown)
    for trial in shown:
        by_seed = _by_seed(store.trial(study, trial.trial).measured.values())
        found.append(policy_curve(trial, list(by_seed.values()), spec.trainer, spec.epochs, differing))
    return [curve for curve in found if curve is not None]


def _by_seed(attempts: "Iterable[AttemptRecord]") -> "dict[int, tuple[EpochRecord, ...]]":
    """Return the epochs of each seed's attempt."""
    return {one.key.seed: one.epochs for one in attempts}


def _settings(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a study was run with, without the values that a paper published."""
    return {name: value for name, value in spec.items() if name != "published"}


def _measured(attempts: "Iterable[AttemptRecord]") -> "Iterator[Measurement]":
    return (one.measurement for one in attempts if one.measurement is not None)
