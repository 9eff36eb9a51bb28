"""Runs a study, new or stored, until it has all its trials."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from paretocaps.domain.own_function import function_of
from paretocaps.domain.own_loop import refuse_loop
from paretocaps.domain.slot import WHOLE
from paretocaps.domain.spelled_out import spelled_out
from paretocaps.domain.study_file import read_study_file, resolve_spec
from paretocaps.domain.study_options import StudyOptions
from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec
from paretocaps.errors import NoStudiesError, ParetocapsError, UsageError, why_not_written
from paretocaps.service import own_parts
from paretocaps.service.settings import parse_settings, whole
from paretocaps.writing import private_folder, refuse_unwritable

if TYPE_CHECKING:
    from paretocaps.report.front import Front
    from paretocaps.search.observer import Observer
    from paretocaps.search.study_front import StudyFront
    from paretocaps.storage.store import Store


class Interrupted(ParetocapsError):
    """Ctrl-C, SIGTERM or SIGHUP stopped a run; all is stored, and the message says how to go on."""

    exit_code = 130


@dataclass(frozen=True, repr=False)
class RunSummary:
    """The result of a run of a study.

    Attributes:
        study: name of the study.
        finished: how many finished trials it has.
        failed: how many trials failed in this run.
        exhausted: whether every point of the space was tried before the study had all its trials.
        front: the front of the trials that keep the study's bounds.
        storage: path of an SQLite file, or database URL.
        collapsed: how many of the finished trials are no better than always answering the largest class.
        rejected: how many trials were rejected before they were trained.
        stopped: how many trials were stopped early.
        predicted: how wrong predicted times are, as a line; empty where no time was predicted.
        time_is_up: where the run reached its time limit, a line that says so and how to continue; else empty.
        ended: why the study ended before it had all its trials, or before those that were stopped early could
            go on, as a line; else empty.
    """

    study: str
    finished: int
    failed: int
    exhausted: bool
    front: "Front"
    storage: str
    collapsed: int = 0
    rejected: int = 0
    stopped: int = 0
    predicted: str = ""
    time_is_up: str = ""
    ended: str = ""

    def __repr__(self) -> str:
        failed = f", {self.failed} failed" if self.failed else ""
        trials = "1 trial" if self.finished == 1 else f"{self.finished} trials"
        return f"<RunSummary of {self.study!r}: {trials} finished{failed}; front: {len(self.front)}>"


@spelled_out
def optimize(
    flags: Mapping[str, Any] | StudySpec | None = None,
    spec_file: str | PathLike[str] | None = None,
    more: int | None = None,
    observer: "Observer | Sequence[Observer] | None" = None,
    **options: Unpack[StudyOptions],
) -> RunSummary:
    """Run a study until it has all its trials, and return its front of the trials that keep its bounds.

    Its collapsed corner is set apart; `load_front(all=True)` returns the whole front.

    Args:
        flags: a `StudySpec`, or its options in a dictionary, instead of keywords; one that is None was not
            given. `fix` may be a mapping or a list of "name=value".
        spec_file: path of a study file; the options override it.
        more: number of trials to add to the finished and stopped ones, instead of the total `trials`.
        observer: an `Observer`, or several; their methods are called as the study proceeds.
        options: the options of the study by name (see `StudySpec`), such as `study="demo"` or `trials=24`.

    Example:
        ```python
        options = {"dataset": "digits", "trainer": "replay", "objectives": "acc,cpu_time,params"}
        done = paretocaps.optimize(study="played", **options, trials=8, epochs=5, timeout="10m")
        done.front[0]
        ```

    Raises:
        UsageError: an option is not allowed; nothing was created.
        Interrupted: Ctrl-C, SIGTERM or SIGHUP stopped the run.
        ParetocapsError: too many trials failed.
    """
    from paretocaps.search.observers import observer_of
    from paretocaps.service.tested_rates import with_tested_rates

    given = _given(flags, options)
    spec = requested(own_parts.named(own_parts.placed(given, spec_file)), spec_file, more)
    watcher = observer_of(observer)
    own_parts.settle(given, spec)
    if spec.lr_range:
        watcher.preparing("looking for the learning rates to search, by a range test", 0, 0)
        spec = with_tested_rates(spec, stored_settings(spec)[0], watcher.notice, watcher.preparing)
        watcher.preparing("opening the study", 0, 0)
    return run_spec(spec, watcher)


def run_spec(spec: StudySpec, watcher: "Observer", *, planned: bool = False) -> RunSummary:
    """Run a study until it has all its trials (see `optimize`).

    Args:
        spec: the study.
        watcher: its methods are called as the study proceeds.
        planned: whether it ends with its designs and the points of its grid, also where some of them failed.

    Raises:
        UsageError, Interrupted, ParetocapsError: as `optimize`.
    """
    from paretocaps.loggers.logged import with_logging
    from paretocaps.search.checked_study import check_study
    from paretocaps.search.study import run_study
    from paretocaps.service.ensembling import measure_ensembles

    refuse_loop(spec.study, spec.trainer)
    checked = check_study(spec)
    if remark := own_parts.told(spec):
        watcher.notice(remark)
    checked.trainer.check_fixed(checked.settled)
    watcher = with_logging(watcher, spec)
    data = checked.trainer.check_data(spec.data_spec, watcher.preparing)
    for remark in data.remarks:
        watcher.notice(remark)
    with store_of(spec, watcher.notice) as store:
        elsewhere = data_option(store, spec)
        try:
            runner = run_study(checked, store, watcher, data, planned=planned)
            if not runner.time_is_up:
                if spec.ensembles:
                    watcher.preparing("measuring ensembles", 0, 0)
                measure_ensembles(store, spec, watcher.notice, watcher.preparing)
            store.verify()
        except KeyboardInterrupt:
            raise Interrupted(how_to_go_on(spec, "interrupted", options=elsewhere)) from None
        finally:
            watcher.closed()
        front = front_within(store, runner.results.standing)
    return RunSummary(
        study=spec.study,
        finished=len(runner.results.standing.table),
        failed=runner.results.failures.trials,
        exhausted=runner.exhausted,
        front=front,
        storage=spec.storage,
        collapsed=int(runner.results.standing.table.all_collapsed.sum()),
        rejected=runner.results.known.counts["rejected"],
        stopped=runner.results.known.counts["stopped"],
        predicted="" if runner.rejection is None else runner.rejection.outlook.time_error,
        time_is_up=how_to_go_on(spec, runner.time_is_up, options=elsewhere) if runner.time_is_up else "",
        ended=runner.ending.reason,
    )


def store_of(
    spec: StudySpec, notice: Callable[[str], None], *, create: bool = True
) -> "AbstractContextManager[Store]":
    """Return the database of a study that runs here.

    Args:
        spec: the study.
        notice: receives a line where the database is waited for.
        create: whether it is made if it is missing.
    """
    from paretocaps.storage.patience import EVERYTHING, Patience
    from paretocaps.storage.store import Store

    patience = Patience(spec.storage_patience, notice=notice, waits_for=EVERYTHING)
    return Store.open(spec.storage, create=create, patience=patience, artifacts=artifact_folder(spec))


def front_within(store: "Store", standing: "StudyFront") -> "Front":
    """Return the front of a study that runs here, within its bounds, as other commands show it."""
    from paretocaps.report.front import Front
    from paretocaps.search.views import shown

    answers = standing.within(standing.spec.requirements).answers()
    return Front.from_record(shown(store, standing.spec, answers, standing.table))


def artifact_folder(spec: StudySpec) -> Path | None:
    """Return the named folder for the files of trainings, which is made if it is missing.

    Raises:
        UsageError: it cannot be written.
    """
    if spec.artifacts is None:
        return None
    folder = Path(spec.artifacts).expanduser()
    try:
        private_folder(folder)
        refuse_unwritable(folder / "test")
    except OSError as error:
        why = why_not_written(error, "name another folder")
        raise UsageError(f"artifacts={spec.artifacts!r} cannot be written: {why}") from None
    return folder


def _given(flags: Mapping[str, Any] | StudySpec | None, options: StudyOptions) -> dict[str, Any]:
    """Return the options that are given in either form.

    Raises:
        UsageError: one is given in both, or a name stands in the place of the dictionary.
    """
    if isinstance(flags, str):
        raise UsageError(f"{flags!r} is no dictionary of options: write study={flags!r}")
    given = flags.model_dump(exclude_unset=True) if isinstance(flags, StudySpec) else dict(flags or {})
    if twice := [name for name in options if name in given]:
        raise UsageError(f"{twice[0]} is given twice: in the dictionary and as a keyword; give it once")
    return {**given, **options}


def requested(
    given: dict[str, Any],
    spec_file: str | PathLike[str] | None = None,
    more: int | None = None,
    store: "Store | None" = None,
) -> StudySpec:
    """Return the settings of the flags, else of the study file, else of the stored study of that name.

    `store` is the storage where that is open.
    """
    if isinstance(given.get("fix"), list | tuple):
        given["fix"] = parse_settings(given["fix"])
    file = read_study_file(fspath(spec_file)) if spec_file else {}
    asked = resolve_spec(given, file)
    stored, finished = stored_settings(asked) if store is None else _settings_in(store, asked.study)
    if (more := whole("more", more)) is not None:
        if given.get("trials") is not None:
            raise UsageError(f"trials={given['trials']} and more={more}: give one of them")
        if more < 1:
            raise UsageError(f"more={more} is not allowed: it should be greater than or equal to 1")
        given["trials"] = finished + more
    trainer = given.get("trainer") or file.get("trainer")
    if stored and trainer not in (None, stored["trainer"]):
        # another trainer does not know these choices; the error is to be that it is another one
        stored = {name: value for name, value in stored.items() if name not in ("fix", "space", "design")}
    return resolve_spec(given, file, resumable(stored, given, file))


def resumable(
    stored: Mapping[str, Any] | None, given: Mapping[str, Any], file: Mapping[str, Any] | None = None
) -> Mapping[str, Any] | None:
    """Return the stored settings with which a run goes on, where it is not given others.

    The threads of a slot, which a study mostly chose itself, are none of a GPU, or of an executor without
    slots.

    Raises:
        UsageError: the device does not exist.
    """
    from paretocaps.execution.devices import devices
    from paretocaps.execution.executor import EXECUTORS, ElsewhereFactory, SlotsFactory

    if stored is None or stored.get("threads") is None:
        return stored
    told = {**(file or {}), **{name: value for name, value in given.items() if value is not None}}
    asked = {"device": "auto", **stored, **told}
    executor = EXECUTORS.get(asked["executor"]) if asked.get("executor") in EXECUTORS else None
    device = resolve_spec({"device": asked["device"]}).device
    on_cpu = isinstance(executor, SlotsFactory) and devices(device)[0] == WHOLE
    if on_cpu or isinstance(executor, ElsewhereFactory):
        return stored
    return {name: value for name, value in stored.items() if name != "threads"}


def stored_settings(spec: StudySpec) -> tuple[dict[str, Any] | None, int]:
    """Return the stored settings that are not None, and the number of trials that ended; or None and 0."""
    from paretocaps.storage.address import parse_url, sqlite_file
    from paretocaps.storage.connect import refuse_read_only
    from paretocaps.storage.store import Store

    path = sqlite_file(parse_url(spec.storage))
    if path is not None and not path.exists():
        return None, 0
    refuse_read_only(spec.storage)  # before the data are prepared
    try:
        with Store.open(spec.storage, create=False) as store:
            return _settings_in(store, spec.study)
    except NoStudiesError:
        return None, 0


def _settings_in(store: "Store", study: str) -> tuple[dict[str, Any] | None, int]:
    if not store.has_study(study):
        return None, 0
    content, counts = store.study(study).spec, store.counts(study)
    kept = {name: value for name, value in content.items() if value is not None}
    # what an older study does not store
    older = {"require": content.get("require"), "reject": False, "stop_early": "none"}
    return older | kept, counts["finished"] + counts["stopped"]


def data_option(store: "Store", spec: StudySpec) -> str:
    """Return the option that says where a run reads a stored study's images, if that is elsewhere."""
    place = store.study(spec.study).spec["data"] if store.has_study(spec.study) else spec.data_spec.path
    return "" if spec.data is None or spec.data_spec.path == place else f" --data {shlex.quote(spec.data)}"


def how_to_go_on(spec: StudySpec, why: str, command: str = "optimize", options: str = "") -> str:
    """Return why a run has ended, and the command that continues it, with further `options`."""
    from paretocaps.storage.address import parse_url, safe

    if function := function_of(spec.trainer):  # no command has it
        place = safe(parse_url(spec.storage))
        call = f"paretocaps.optimize(study={spec.study!r}, storage={place!r}, trainer={function})"
        return f"{why}: every finished trial is stored; continue with `{call}`"
    url = shlex.quote(safe(parse_url(spec.storage)))
    storage = "" if spec.storage == DEFAULT_STORAGE else f" --storage {url}"
    artifacts = f" --artifacts {shlex.quote(spec.artifacts)}" if spec.artifacts else ""
    return (
        f"{why}: every finished trial is stored; continue with"
        f" `paretocaps {command} --study {shlex.quote(spec.study)}{storage}{artifacts}{options}`"
    )
