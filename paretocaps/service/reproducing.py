"""Makes a table of a paper again: runs its study, and sets what was measured beside what was published."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.cores import one_of_each_core
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.judged import Judged, Trainings, judged
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.paper_table import Scale
from paretocaps.domain.published import Published
from paretocaps.domain.study_file import resolve_spec
from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec
from paretocaps.domain.wording import counted
from paretocaps.errors import UsageError
from paretocaps.service.paper_tables import NamedTable, hours_text, paper_table
from paretocaps.service.reporting import estimated, further_table, seeds_epochs
from paretocaps.service.running import Interrupted, optimize, stored_settings

if TYPE_CHECKING:
    from paretocaps.domain.trainer import CheckedData
    from paretocaps.report.front import Front
    from paretocaps.report.paper_page import PaperRun
    from paretocaps.report.policies import PolicyCurve
    from paretocaps.search.checked_study import CheckedStudy
    from paretocaps.search.observer import Observer
    from paretocaps.search.planned_trials import Cost
    from paretocaps.storage.store import Store


@dataclass(frozen=True)
class ReproduceOptions:
    """What `paretocaps reproduce` is asked for.

    Attributes:
        scale: how much is trained.
        data: a folder with data sets, or the folder of the table's own; None for those of the hub.
        layout: how that folder is laid out, by the keys of `StudySpec`, such as parts.
        storage: the database.
        output: the page; None for reports/TABLE-SCALE.html. The JSON lies beside it.
        seed: the seed of each row's first training; None for that of the study file.
        timeout: how long this run lasts at most; the same command goes on later.
        device, workers: those of `StudySpec`.
    """

    scale: Scale = "quick"
    data: str | None = None
    layout: Mapping[str, Any] = field(default_factory=dict)
    storage: str = DEFAULT_STORAGE
    output: str | None = None
    seed: int | None = None
    timeout: float | str | None = None
    device: str = "auto"
    workers: int | None = None


@dataclass(frozen=True)
class Reproduced:
    """A table that was made again.

    Attributes:
        page: its page.
        figures: the same figures as JSON.
        claims: the paper's statements with their verdicts.
        study: the name of the study.
        finished, trainings: how many of its trainings are finished, and how many there are.
        time_is_up: where the run reached its time limit, how to go on; else empty.
    """

    page: Path
    figures: Path
    claims: tuple[Judged, ...]
    study: str
    finished: int
    trainings: int
    time_is_up: str = ""


def reproduce(
    name: str, options: ReproduceOptions | None = None, observer: "Observer | None" = None
) -> Reproduced:
    """Run the study of a paper's table until it has all rows, and write its page; return what was found.

    What the run costs is told to `observer.notice` before anything is trained.

    Args:
        name: the table's name.
        options: how much to train, on what, and where to write.
        observer: its methods are called as the study proceeds.

    Raises:
        UsageError: there is no such table, or it cannot be made here, at this scale or of these data.
        Interrupted: Ctrl-C, SIGTERM or SIGHUP stopped the run; the message has the command that goes on.
        ParetocapsError: too many trials failed.
    """
    from paretocaps.search.checked_study import check_study
    from paretocaps.search.observer import Observer

    asked, watcher = options or ReproduceOptions(), observer or Observer()
    table = paper_table(name)
    given = _study_options(table, asked)
    checked = check_study(resolve_spec(given))
    data = checked.trainer.check_data(checked.spec.data_spec, watcher.preparing)
    before = _cost(checked, data, asked.storage)
    given |= {"trials": _wanted(checked, data, asked.storage)}
    watcher.notice(cost_line(table, asked.scale, before, _cores(checked)))
    command = command_of(name, asked)
    up = ""
    if before.left:
        try:
            up = optimize(given, observer=observer).time_is_up and f"{_UP}; continue with `{command}`"
        except Interrupted:
            raise Interrupted(
                f"interrupted: every finished training is stored; continue with `{command}`"
            ) from None
    after = _cost(checked, data, asked.storage)
    return _written(table, asked, checked.spec, data, (after.trainings - after.left, after.trainings), up)


_UP = "time is up: every finished training is stored"


def cost_line(table: NamedTable, scale: Scale, cost: "Cost", cores: int) -> str:
    """Return what a run takes, before it begins; `cores` is 0 on a GPU, of which nobody knows it."""
    line = (
        f"{table.name}, scale {scale}: {cost.trainings - cost.left} of {counted(cost.trainings, 'training')}"
        " are finished"
    )
    if not cost.left or cost.core_seconds is None or not cores:
        return line
    time, where = hours_text(cost.core_seconds / cores), counted(cores, "core")
    return (
        f"{line}; the others take about {time} on {where} (a rough guess; time left is measured as it runs)"
    )


def _cores(checked: "CheckedStudy") -> int:
    """Return the cores of this machine that train; 0 where GPUs or other machines do."""
    here = all(place.startswith("cpu") for place in checked.places)
    return max(1, len(one_of_each_core())) if here else 0


def command_of(name: str, options: ReproduceOptions) -> str:
    """Return the command that goes on with a run."""
    given = {
        "--data": options.data,
        "--scale": options.scale,
        "--storage": None if options.storage == DEFAULT_STORAGE else options.storage,
        "--seed": options.seed,
        "--output": options.output,
    }
    words = ["paretocaps", "reproduce", name]
    words += [text for flag, value in given.items() if value is not None for text in (flag, str(value))]
    return shlex.join(words)


def _study_options(table: NamedTable, asked: ReproduceOptions) -> dict[str, Any]:
    """Return the options of the study that makes the table as it is asked for.

    Raises:
        UsageError: the folder of the data is missing.
    """
    from paretocaps.data.whole_sets import folder_of_set

    given = table.options(asked.scale, asked.seed) | {"storage": asked.storage}
    own = {**asked.layout, "timeout": asked.timeout, "device": asked.device, "workers": asked.workers}
    given |= {name: value for name, value in own.items() if value is not None}
    if asked.data is None:
        return given
    folder = Path(asked.data).expanduser()
    if not folder.is_dir():
        raise UsageError(f"data folder {asked.data!r} does not exist: name the folder with the data sets")
    return {
        name: value
        for name, value in {**given, "data": str(folder_of_set(folder, given["dataset"]))}.items()
        if name != "dataset"
    }


def _finished(checked: "CheckedStudy", data: "CheckedData", storage: str) -> tuple[dict[int, int], int]:
    """Return how many seeds of each planned trial are finished, and how many trials are, these or others."""
    from paretocaps.search.planned_trials import planned_trials
    from paretocaps.search.same_training import SameTraining
    from paretocaps.search.views import trials_of
    from paretocaps.storage.store import Store

    if stored_settings(checked.spec)[0] is None:
        return {}, 0
    facts = {**data.facts, "ranks": checked.spec.ranks}
    same = SameTraining(checked.trainer, checked.spec.epochs, facts)
    with Store.open(storage, create=False) as store:
        members = trials_of(store, checked.spec.study).members
    seeds = {same.key(member.choices): member.seeds for member in members}
    keys = [same.key(choices) for choices in planned_trials(checked, facts)]
    return {place: seeds[key] for place, key in enumerate(keys) if key in seeds}, len(members)


def _wanted(checked: "CheckedStudy", data: "CheckedData", storage: str) -> int:
    """Return how many finished trials the study has once the table's rows are among them."""
    from paretocaps.search.planned_trials import planned_trials

    facts = {**data.facts, "ranks": checked.spec.ranks}
    done, stored = _finished(checked, data, storage)
    return max(1, stored + len(planned_trials(checked, facts)) - len(done))


def _cost(checked: "CheckedStudy", data: "CheckedData", storage: str) -> "Cost":
    from paretocaps.search.planned_trials import cost, planned_trials

    facts = {**data.facts, "ranks": checked.spec.ranks}
    forecaster = checked.trainer.forecaster(data, checked.spec.epochs, checked.spec.ranks)
    done, _ = _finished(checked, data, storage)
    return cost(planned_trials(checked, facts), len(checked.spec.seeds), done, forecaster)


def _written(
    table: NamedTable,
    asked: ReproduceOptions,
    spec: StudySpec,
    data: "CheckedData",
    trained: tuple[int, int],
    time_is_up: str,
) -> Reproduced:
    """Write the page of a study that has run, and its JSON."""
    from paretocaps.report.depth import depth_lines
    from paretocaps.report.measured_beside_published import beside
    from paretocaps.report.paper_charts import paper_charts
    from paretocaps.report.paper_page import json_of, write_paper_page
    from paretocaps.report.published_section import published_section
    from paretocaps.report.study_facts import amount
    from paretocaps.search.published_trials import with_trials
    from paretocaps.search.views import trials_of
    from paretocaps.storage.store import Store

    with Store.open(asked.storage, create=False) as store:
        record = store.study(spec.study)
        everyone = trials_of(store, spec.study)
        printed = table.table.of(Published.model_validate(table.file.study["published"]))
        published = with_trials(printed, record, everyone.members)
        members = [one for one in everyone.members if any(row.is_about(one) for row in published.rows)]
        trials = estimated(members, further_table(store, spec.study, published, members, None, None))
        front = _front(store, spec, trials)
        timed = len(everyone.devices) < 2
        section = published_section(
            published,
            front,
            trials,
            everyone.devices,
            list(spec.seeds),
            amount(record.spec, len(spec.seeds)),
            depth_lines(trials),
            store.ensembles(spec.study),
        )
        lines = beside(published, trials, timed=timed, ensembles=store.ensembles(spec.study))
        trainings = _trainings(store, spec.study, published, trials)
        claims = tuple(judged(claim, trainings) for claim in table.table.claims)
        missing = [row.name for row in published.rows if not trainings.get(row.name)]
        run = _run(table, asked, spec, data, everyone.devices, trained, missing)
        figures = paper_charts(
            table.table.charts, front, trials, _curves(store, spec, trials), depth_lines(trials)
        )
    page = Path(asked.output) if asked.output else Path("reports") / f"{table.name}-{asked.scale}.html"
    write_paper_page(page, replace(run, figures=figures), section, claims, lines)
    return Reproduced(page, json_of(page), claims, spec.study, *trained, time_is_up)


def _run(
    table: NamedTable,
    asked: ReproduceOptions,
    spec: StudySpec,
    data: "CheckedData",
    devices: Sequence[str],
    trained: tuple[int, int],
    missing: Sequence[str],
) -> "PaperRun":
    """Return what the page says of the run."""
    from paretocaps.report.paper_page import PaperRun
    from paretocaps.report.scaled_down import Images, data_text, not_comparable, scaled_down

    counts = [(data.reading or {}).get(f"{part}_images") for part in ("train", "validation", "test")]
    images = None if None in counts else Images(*map(int, filter(None, counts)))
    paper = resolve_spec(table.options("paper"))
    less = scaled_down(paper, spec, images, missing)
    folder = Path(spec.data).name if spec.data else ""
    return PaperRun(
        name=table.name,
        table=table.table,
        scale=asked.scale,
        study=spec.study,
        file=table.file.name,
        command=command_of(table.name, asked),
        data=data_text(paper.dataset, images, folder),
        devices=tuple(devices),
        seeds=tuple(spec.seeds),
        trained=trained,
        scaled_down=tuple(less),
        not_comparable=tuple(not_comparable(less=bool(less), timed=True)),
    )


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


def _curves(store: "Store", spec: StudySpec, trials: Sequence[FrontMember]) -> "list[PolicyCurve]":
    """Return the trials by epoch, as far as they have epochs."""
    from paretocaps.report.policies import policy_curve

    found = [
        policy_curve(
            one, list(seeds_epochs(store.trial(spec.study, one.trial)).values()), spec.trainer, spec.epochs
        )
        for one in trials
    ]
    return [curve for curve in found if curve is not None]


def _front(store: "Store", spec: StudySpec, trials: Sequence[FrontMember]) -> "Front":
    """Return the front of the table's trials alone, whatever else their study has."""
    from paretocaps.report.front import Front
    from paretocaps.search.ranking import asked_quantities, ranked_front

    objectives = parse_objectives(spec.objectives)
    table = store.table(spec.study, asked_quantities(objectives))
    numbers = [one.trial for one in trials]
    return Front.from_record(ranked_front(store.study(spec.study), table, objectives, among=numbers))
