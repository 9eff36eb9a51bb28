"""Writes the page of a paper's table from its stored study, whatever of it is trained."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.judged import Judged, Trainings, is_pruned, judged
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.paper_table import Scale
from paretocaps.domain.published import Published
from paretocaps.domain.quantities.quantities import value_of
from paretocaps.domain.study_file import resolve_spec
from paretocaps.domain.study_spec import StudySpec
from paretocaps.service.paper_tables import NamedTable
from paretocaps.service.pretraining import pretraining_text
from paretocaps.service.reporting import curve_of, estimated, further_table
from paretocaps.service.row_reports import report_figures, row_reports

if TYPE_CHECKING:
    from paretocaps.domain.trainer import CheckedData
    from paretocaps.report.front import Front
    from paretocaps.report.paper_page import PaperRun
    from paretocaps.report.policies import PolicyCurve
    from paretocaps.search.observer import Observer
    from paretocaps.storage.quantity_table import QuantityTable
    from paretocaps.storage.records import StudyRecord
    from paretocaps.storage.store import Store

BY_SEED = (
    *("test_acc", "acc", "robust", "best_epoch", "epoch_time", "time"),
    *("params", "macs", "memory", "latency", "latency_batch", "bottleneck_entropy"),
)
"""What the JSON has of each training, where it was measured."""


@dataclass(frozen=True)
class TableRun:
    """A run of a table's study.

    Attributes:
        table: the table.
        scale: how much was trained.
        spec: the study that was run.
        data: what the trainer found in its data.
        trained: how many of its trainings are finished, and how many there are.
        command: the command that goes on with it.
    """

    table: NamedTable
    scale: Scale
    spec: StudySpec
    data: "CheckedData"
    trained: tuple[int, int]
    command: str


def write_table_page(path: Path, run: TableRun, observer: "Observer") -> tuple[Judged, ...]:
    """Write the page, and beside it the JSON; return the paper's claims with their verdicts.

    Args:
        path: the page.
        run: what was run.
        observer: is told where networks are evaluated.

    Raises:
        UsageError: the page cannot be written there.
        StorageError: there is no such study.
    """
    from paretocaps.report.depth import depth_lines
    from paretocaps.report.measured_beside_published import beside
    from paretocaps.report.paper_charts import paper_charts
    from paretocaps.report.paper_page import write_paper_page
    from paretocaps.report.published_section import published_section
    from paretocaps.report.series import reconstructs
    from paretocaps.report.study_facts import amount
    from paretocaps.search.published_trials import with_trials
    from paretocaps.search.views import trials_of
    from paretocaps.storage.store import Store

    spec, table = run.spec, run.table.table
    with Store.open(spec.storage, create=False) as store:
        record = store.study(spec.study)
        everyone = trials_of(store, spec.study)
        printed = table.of(Published.model_validate(run.table.file.study["published"]))
        published = with_trials(printed, record, everyone.members)
        members = [one for one in everyone.members if any(row.is_about(one) for row in published.rows)]
        devices = trials_of(store, spec.study, numbers=[one.trial for one in members]).devices
        trials = _with_further(members, further_table(store, spec.study, published, members, None, None))
        front, drawn = _front(store, spec, trials)
        depths, ensembles = depth_lines(drawn), store.ensembles(spec.study)
        section = published_section(
            published,
            front if len(drawn) == len(trials) else replace(front, device=None),  # times do not compare then
            trials,
            devices,
            list(spec.seeds),
            amount(record.spec, len(spec.seeds)),
            depths,
            ensembles,
            by_depth=True,
        )
        lines = beside(published, trials, timed=not section.mixed, ensembles=ensembles)
        trainings = _trainings(store, spec.study, published, trials)
        absent = [line.name for line in lines if line.trial is None and not line.networks]
        failed = _failed(store, record, printed, absent)
        missing = [name for name in absent if name not in failed]
        reports = {}
        if {"confusion", "roc"} & set(table.charts):
            tested = int((run.data.reading or {}).get("test_images", 0))
            reports = row_reports(store, spec, published, trials, tested, observer)
        curves = _curves(store, spec, published, trials)
        decoding = {one.trial for one in trials if reconstructs(one.choices)}
        epochs = {
            one.trial: next(iter(store.trial(spec.study, one.trial).measured.values())).epochs
            for one in trials
        }
    told = replace(
        _told(run, devices, trials, missing, failed, _unfinished(trainings), varied=_varied(trainings)),
        figures=paper_charts(table.charts, front, drawn, curves, depths, epochs, decoding, reports),
        evaluations=report_figures(reports),
        trainings=_by_seed(trainings),
    )
    if section.mixed:
        told = replace(told, not_comparable=(*told.not_comparable, _several(front.device, devices)))
    amounts = run.scale == "paper"
    claims = tuple(judged(claim, trainings, amounts=amounts, failed=failed) for claim in table.claims)
    write_paper_page(path, told, section, claims, lines)
    return claims


def _failed(store: "Store", record: "StudyRecord", printed: Published, rows: Sequence[str]) -> dict[str, str]:
    """Return why the trials of rows failed that no finished trial is of, by row."""
    from paretocaps.search.published_trials import with_trials

    trials = store.trials(record.name, ["failed"], attempts=False)
    gone = [FrontMember(one.number, one.choices, {}, one.design) for one in trials]
    reasons = {one.number: one.reason or "no reason is stored" for one in trials}
    return {
        row.name: reasons[one.trial]
        for row in with_trials(printed, record, gone).rows
        for one in gone
        if row.name in rows and row.is_about(one)
    }


def _with_further(members: Sequence[FrontMember], table: "QuantityTable") -> list[FrontMember]:
    """Return the trials with the values and the intervals of the table's quantities, besides their own."""
    from paretocaps.search.ranking import named_values

    further = {int(trial): named_values(table, row) for row, trial in enumerate(table.trials)}
    return [replace(one, values={**further[one.trial], **one.values}) for one in estimated(members, table)]


def _told(
    run: TableRun,
    devices: Sequence[str],
    trials: Sequence[FrontMember],
    missing: Sequence[str],
    failed: Mapping[str, str],
    unfinished: Sequence[str],
    *,
    varied: bool,
) -> "PaperRun":
    """Return what the page says of the run; `missing` are the rows that are not trained, some `failed`."""
    from paretocaps.report.paper_page import PaperRun
    from paretocaps.report.scaled_down import Images, data_text, not_comparable, resized, scaled_down

    spec, table = run.spec, run.table
    counts = [(run.data.reading or {}).get(f"{part}_images") for part in ("train", "validation", "test")]
    images = None if None in counts else Images(*map(int, filter(None, counts)), held_out=run.data.held_out)
    paper = resolve_spec(table.options("paper"))
    used = {name for trial in trials for name in trial.choices} if trials else None
    dataset = table.options(run.scale).get("dataset", paper.dataset)
    ran = spec.model_copy(update={"dataset": dataset})
    less = scaled_down(paper, ran, images, used, table.table.unstated)
    shorter = bool(less)
    if run.table.file.pretraining and not spec.fix.get("checkpoint"):
        less.append("a backbone with random weights instead of ImageNet's, which do not come with paretocaps")
    untrained = [f"not trained: {'; '.join(missing)}"] if missing else []
    untrained += [f"failed, so that no seed of it counts: {name} ({why})" for name, why in failed.items()]
    return PaperRun(
        name=table.name,
        table=table.table,
        scale=run.scale,
        study=spec.study,
        file=table.file.name,
        command=run.command,
        data=("Pairs of " if spec.pairs else "")
        + data_text(dataset, images, Path(spec.data).name if spec.data else ""),
        devices=tuple(devices),
        seeds=tuple(spec.seeds),
        trained=run.trained,
        scaled_down=(*less, *untrained),
        not_comparable=(
            *not_comparable(
                less=shorter,
                timed=True,
                memory=_has_memory(table, spec),
                resized=resized(paper, spec),
                varied=varied,
                quick=run.scale == "quick",
                by_test=Published.model_validate(table.file.study["published"]).best_on_test,
                unfinished=unfinished if shorter else (),
                own_validation="validation" not in run.data.held_out,
            ),
            *_notes(table, run.scale, spec),
        ),
    )


def _unfinished(trainings: Trainings) -> list[str]:
    """Return the rows whose best epoch is the last or last but one, in the mean over their trainings."""
    return [
        row
        for row, seeds in trainings.items()
        if any(len(one.epochs) > 2 for one in seeds.values())
        and fmean(len(one.epochs) - one.best_epoch for one in seeds.values()) <= 1
    ]


def _varied(trainings: Trainings) -> bool:
    """Return whether the seeds of a row have networks of other sizes, or would: each may prune otherwise."""
    return any(
        len({one.params for one in seeds.values()}) > 1
        or (len(seeds) == 1 and any(map(is_pruned, seeds.values())))
        for seeds in trainings.values()
    )


def _several(device: str | None, devices: Sequence[str]) -> str:
    drawn = f"; figures of times and memory have the trials of {device} alone" if device else ""
    return f"Times and memory: the trainings ran on several devices ({'; '.join(devices)}){drawn}."


def _has_memory(table: NamedTable, spec: StudySpec) -> bool:
    """Return whether the page shows memory."""
    printed = table.table.of(Published.model_validate(table.file.study["published"])).figures
    return "memory" in (*printed, *spec.objectives)


def _notes(table: NamedTable, scale: Scale, spec: StudySpec) -> list[str]:
    """Return what the study file says besides, and how backbones were trained before."""
    found = [table.table.note] if table.table.note else []
    if (before := table.file.pretraining.get(scale)) is not None:
        text = pretraining_text(before, spec.fix.get("checkpoint"))
        found.append(
            f"The backbone was trained here before, {text}. All seeds start from this one: the intervals"
            " leave out how backbones differ."
        )
    return found


def _trainings(store: "Store", study: str, published: Published, trials: Sequence[FrontMember]) -> Trainings:
    """Return the trainings of the first trial of each row, by seed."""
    found = {}
    for row in published.rows:
        about = next((one for one in trials if row.is_about(one)), None)
        if about is not None:
            measured = store.trial(study, about.trial).measured
            found[row.name] = {
                seed: one.measurement for seed, one in measured.items() if one.measurement is not None
            }
    return found


def _by_seed(trainings: Trainings) -> dict[str, dict[int, dict[str, float]]]:
    """Return what each training of a row measured, by the row, its seed and the quantity."""
    return {
        row: {
            seed: {name: value for name in BY_SEED if (value := value_of(training, name)) is not None}
            for seed, training in sorted(seeds.items())
        }
        for row, seeds in trainings.items()
    }


def _curves(
    store: "Store", spec: StudySpec, published: Published, trials: Sequence[FrontMember]
) -> "list[PolicyCurve]":
    """Return the trials by epoch, as far as they have epochs, each called as its row."""
    found = [curve_of(one, store.trial(spec.study, one.trial).measured.values(), spec) for one in trials]
    rows = {
        trial.trial: row.name for row in reversed(published.rows) for trial in trials if row.is_about(trial)
    }
    return [replace(curve, name=rows.get(curve.trial, curve.name)) for curve in found if curve is not None]


def _front(
    store: "Store", spec: StudySpec, trials: Sequence[FrontMember]
) -> "tuple[Front, list[FrontMember]]":
    """Return the front of the table's trials alone, whatever else their study has, and what they are.

    Where they ran on several devices, they are those of the device that most of them ran on.
    """
    from paretocaps.report.front import Front
    from paretocaps.search.ranking import asked_quantities, ranked_front

    objectives = parse_objectives(spec.objectives)
    table = store.table(spec.study, asked_quantities(objectives))
    devices = dict(zip(table.trials.tolist(), table.devices.tolist(), strict=True))
    used = Counter(devices[one.trial] for one in trials).most_common(1)
    several = len(table.device_names) > 1
    device = (used[0][0] if used else table.device_names[0]) if several else None
    kept = [one for one in trials if device in (None, devices[one.trial])]
    numbers = [one.trial for one in kept]
    record = ranked_front(store.study(spec.study), table, objectives, device=device, among=numbers)
    return Front.from_record(record), kept
