"""Makes a table of a paper again: runs its study, and sets what was measured beside what was published."""

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from paretocaps.cores import one_of_each_core
from paretocaps.domain.duration import cost_text
from paretocaps.domain.judged import Judged
from paretocaps.domain.paper_table import Scale
from paretocaps.domain.slot import WHOLE
from paretocaps.domain.study_file import resolve_spec
from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec
from paretocaps.domain.wording import be, counted
from paretocaps.errors import StudyMismatchError, UsageError
from paretocaps.service.benching import check_output
from paretocaps.service.ensembling import measure_ensembles
from paretocaps.service.paper_tables import CORES, NamedTable, paper_table, scale_seconds
from paretocaps.service.pretraining import LeftOffError, placed, with_trunk
from paretocaps.service.running import Interrupted, requested, run_spec, store_of, stored_settings
from paretocaps.service.table_page import TableRun, write_table_page
from paretocaps.writing import expanded

if TYPE_CHECKING:
    from paretocaps.domain.trainer import CheckedData
    from paretocaps.search.checked_study import CheckedStudy
    from paretocaps.search.observer import Observer
    from paretocaps.search.planned_trials import Cost


@dataclass(frozen=True)
class ReproduceOptions:
    """What `paretocaps reproduce` is asked for.

    Attributes:
        scale: how much is trained.
        data: a folder with data sets, or the folder of the table's own; None for those of the hub.
        layout: how that folder is laid out, by the keys of `StudySpec`, such as parts.
        storage: the database.
        output: the page; None for reports/TABLE-SCALE.html, with other seeds TABLE-SCALE-seedN.html. The JSON
            lies beside it.
        seed: the seed of each row's first training; None for that of the study file.
        spec_file: the study file that declares the table; None for those of the package.
        timeout: how long this run lasts at most; the same command goes on later.
        device, workers, threads: those of `StudySpec`.
    """

    scale: Scale = "quick"
    data: str | None = None
    layout: Mapping[str, Any] = field(default_factory=dict)
    storage: str = DEFAULT_STORAGE
    output: str | None = None
    seed: int | None = None
    spec_file: str | None = None
    timeout: float | str | None = None
    device: str = "auto"
    workers: int | None = None
    threads: int | None = None


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
    from paretocaps.search.planned_trials import planned_trials

    asked, watcher = options or ReproduceOptions(), observer or Observer()
    table, command = paper_table(name, asked.spec_file), command_of(name, asked)
    page = _page(table, asked)
    given = _study_options(table, asked)
    checked = check_study(resolve_spec(given))
    data = checked.trainer.check_data(checked.spec.data_spec, watcher.preparing)
    up, timeout, began = "", checked.spec.timeout, monotonic()
    try:
        if (pretraining := table.file.pretraining.get(asked.scale)) is not None:
            deadline = None if timeout is None else began + timeout
            told = whole_line(table, asked.scale)
            own = table.options(asked.scale).get("dataset")
            given = with_trunk(given, pretraining, asked.data, watcher, told, deadline, own)
            if timeout is not None:  # what the backbone has left of it
                given["timeout"] = max(1.0, began + timeout - monotonic())
            checked = check_study(resolve_spec(given))
        _refuse_another(checked.spec, own_space="space" in given)
        planned = planned_trials(checked, checked.facts(data))
        done = _done(checked, data, planned)
        before = _cost(checked, data, planned, done)
        given |= {"trials": max(1, done.trials + len(planned) - len(done.finished))}
        spent = done.seconds / max(done.places, len(checked.places))
        lost = len(done.failed) * len(checked.spec.seeds)
        watcher.notice(cost_line(table, asked.scale, before, _cores(checked), spent, lost))
        if before.left:
            ended = run_spec(requested(given), watcher, planned=True)
            up = ended.time_is_up and f"{_UP}; continue with `{command}`"
        elif checked.spec.ensembles:  # an earlier run may have been interrupted while it measured them
            with store_of(checked.spec, watcher.notice) as store:
                measure_ensembles(store, checked.spec, watcher.notice, watcher.preparing)
    except LeftOffError as over:
        raise Interrupted(f"{over}; continue with `{command}`") from None
    except (Interrupted, KeyboardInterrupt):
        raise Interrupted(
            f"interrupted: every finished training is stored; continue with `{command}`"
        ) from None
    done = _done(checked, data, planned)
    after = _cost(checked, data, planned, done)
    trained = after.trainings - after.left - len(done.failed) * len(checked.spec.seeds), after.trainings
    run = TableRun(table, asked.scale, checked.spec, data, trained, command)
    claims = write_table_page(page, run, watcher)
    return Reproduced(page, page.with_suffix(".json"), claims, checked.spec.study, *trained, up)


def _refuse_another(spec: StudySpec, *, own_space: bool) -> None:
    """Refuse a stored study of other settings or images, whose figures would be told as those of these.

    A study whose file has no space keeps the one that it was begun with.

    Raises:
        UsageError: it is another one; the message has each difference.
    """
    from paretocaps.search.identity import data_content, refuse_other_data, refuse_other_study
    from paretocaps.storage.store import Store

    if stored_settings(spec)[0] is None:
        return
    with Store.open(spec.storage, create=False) as store:
        record = store.study(spec.study)
    if not own_space:
        spec = spec.model_copy(update={"space": record.spec["space"]})
    otherwise = "or give another --storage"
    try:
        refuse_other_study(spec, record.spec)
    except StudyMismatchError as error:  # its remedy may be --more-repeats, which a table has no use for
        raise UsageError(f"{error.reason}: keep these settings, {otherwise}") from None
    if record.content is None:
        return
    try:
        refuse_other_data(spec, record.spec["data"], record.content, data_content(spec))
    except StudyMismatchError as error:
        raise UsageError(f"{error.reason}: {error.remedy}, {otherwise}") from None


def _page(table: NamedTable, asked: ReproduceOptions) -> Path:
    """Return the page, which can be written, and is not the JSON beside it.

    Raises:
        UsageError: it cannot be written there, or is that JSON.
    """
    from paretocaps.report.paper_page import json_of

    name = f"{table.name}-{asked.scale}{table.suffix(asked.scale, asked.seed)}.html"
    page = expanded(asked.output) if asked.output else Path("reports") / name
    figures = json_of(check_output(str(page)))
    if figures == page:
        raise UsageError(f"output={asked.output!r} is where the figures lie as JSON: name the page, an .html")
    check_output(str(figures))
    return page


_UP = "time is up: every finished training is stored"


def cost_line(
    table: NamedTable, scale: Scale, cost: "Cost", cores: int, spent: float = 0.0, failed: int = 0
) -> str:
    """Return what a run takes, before it begins.

    Args:
        table: the table.
        scale: how much is trained.
        cost: by what its trainer tells.
        cores: those of this machine that train; 0 on a GPU, of which nobody knows it before.
        spent: seconds that the finished trainings took, where so many run at a time as will; 0 for none.
        failed: how many trainings are those of trials that failed, which are not tried again.
    """
    done, of = cost.trainings - cost.left - failed, counted(cost.trainings, "training")
    line = f"{table.name}, scale {scale}: {done} of {of} {be(done)} finished"
    if failed:
        line += f", {failed} {be(failed)} of trials that failed"
    if not cost.left or cost.core_seconds is None:
        return line
    if spent and cost.finished_core_seconds:
        seconds = cost.core_seconds * spent / cost.finished_core_seconds
        return f"{line}; the others take about {cost_text(seconds)}, by what these took"
    if not cores:
        return line
    time, where = cost_text(cost.core_seconds / cores), counted(cores, "core")
    return (
        f"{line}; the others take about {time} on {where} (a rough guess; time left is measured as it runs)"
    )


def whole_line(table: NamedTable, scale: Scale) -> str:
    """Return what all of a table takes on two cores, with the backbone that is trained before."""
    seconds = scale_seconds(table, scale)
    told = (
        "unknown time" if seconds is None else f"about {cost_text(seconds)} on {CORES} cores (a rough guess)"
    )
    return f"{table.name}, scale {scale}: {told}, with the training of its backbone, which comes first"


def _cores(checked: "CheckedStudy") -> int:
    """Return the cores of this machine that train; 0 where GPUs or other machines do."""
    here = all(place.startswith((WHOLE, "core")) for place in checked.places)
    return max(1, len(one_of_each_core())) if here else 0


def command_of(name: str, options: ReproduceOptions) -> str:
    """Return the command that goes on with a run."""
    given = {
        "--spec": options.spec_file,
        "--data": options.data,
        **{f"--{name.replace('_', '-')}": asked for name, asked in options.layout.items() if asked},
        "--scale": options.scale,
        "--storage": None if options.storage == DEFAULT_STORAGE else options.storage,
        "--seed": options.seed,
        "--output": options.output,
        "--device": None if options.device == "auto" else options.device,
        "--workers": options.workers,
        "--threads": options.threads,
    }
    words = ["paretocaps", "reproduce", name]
    for flag, value in given.items():
        if value is not None:
            words += [flag] if value is True else [flag, str(value)]
    return shlex.join(words)


def _study_options(table: NamedTable, asked: ReproduceOptions) -> dict[str, Any]:
    """Return the options of the study that makes the table as it is asked for.

    Raises:
        UsageError: the folder of the data is missing.
    """
    given = table.options(asked.scale, asked.seed) | {"storage": asked.storage}
    own = {
        **asked.layout,
        **{name: getattr(asked, name) for name in ("timeout", "device", "workers", "threads")},
    }
    given |= {name: value for name, value in own.items() if value is not None}
    if asked.data is not None:
        dataset = given.pop("dataset", None)
        given |= {"data": asked.data} if dataset is None else placed(asked.data, dataset)
    return given


@dataclass(frozen=True)
class _Done:
    """What a study has measured.

    Attributes:
        finished: the seeds of planned trials that are finished, by the place of the trial.
        begun: the seeds of planned trials that lack others, likewise.
        failed: the places of planned trials that failed, and are not tried again.
        trials: how many trials are finished, planned or others, or begun for another table.
        seconds: how long the finished trainings of planned trials took.
        places: how many of them ran at a time, where a CPU was split.
    """

    finished: Mapping[int, int] = field(default_factory=dict)
    begun: Mapping[int, int] = field(default_factory=dict)
    failed: frozenset[int] = frozenset()
    trials: int = 0
    seconds: float = 0.0
    places: int = 1


def _done(checked: "CheckedStudy", data: "CheckedData", planned: Sequence[Mapping[str, Any]]) -> _Done:
    """Return what the study has measured of the planned trials, which are given by their choices."""
    from paretocaps.search.same_training import SameTraining
    from paretocaps.search.views import trials_of
    from paretocaps.storage.store import Store

    if stored_settings(checked.spec)[0] is None:
        return _Done()
    same = SameTraining(checked.trainer, checked.spec.epochs, checked.facts(data))
    keys = [same.key(choices) for choices in planned]
    with Store.open(checked.spec.storage, create=False) as store:
        members = trials_of(store, checked.spec.study).members
        others = store.trials(checked.spec.study, ["running", "interrupted"])
        _, states = store.changes(checked.spec.study)
        slots = store.study(checked.spec.study).slots
        of_table = [member.trial for member in members if same.key(member.choices) in keys]
        seconds = float(store.seed_values(checked.spec.study, ("wall",), of_table).values.sum())
    own = [trial for trial in others if same.key(trial.choices) in keys]
    measured = [one.measurement for trial in own for one in trial.measured.values()]
    seconds += sum(one.wall for one in measured if one is not None)
    seeds = {same.key(member.choices): member.seeds for member in members}
    begun = {same.key(trial.choices): len(trial.measured) for trial in others}
    finished, lacking = (
        {place: found[key] for place, key in enumerate(keys) if key in found} for found in (seeds, begun)
    )
    tries = [(same.key(trial.choices), trial.may_pass) for trial in states if trial.state == "failed"]
    often = Counter(key for key, _ in tries)
    over = {key for key, may_pass in tries if not may_pass or often[key] > 1}
    again = checked.spec.sampler == "grid"  # whose points are tried in every run
    failed = frozenset(
        place
        for place, key in enumerate(keys)
        if key in over and place not in {*finished, *lacking} and not again
    )
    return _Done(finished, lacking, failed, len(members) + len(others) - len(own), seconds, len(slots or [0]))


def _cost(
    checked: "CheckedStudy", data: "CheckedData", planned: Sequence[Mapping[str, Any]], done: _Done
) -> "Cost":
    from paretocaps.search.planned_trials import cost

    forecaster = checked.trainer.forecaster(data, checked.spec.epochs, checked.spec.ranks)
    wanted, seeds = len(checked.spec.seeds), {**done.begun, **done.finished}
    kept = [place for place in range(len(planned)) if place not in done.failed]
    measured = {at: seeds[place] for at, place in enumerate(kept) if place in seeds}
    found = cost([planned[place] for place in kept], wanted, measured, forecaster)
    return replace(found, trainings=wanted * len(planned))
