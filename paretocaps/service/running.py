"""Running a study: what was asked for, joined with what is stored, until it has its trials."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec, read_study_file, resolve_spec
from paretocaps.errors import NoStudiesError, ParetocapsError, UsageError
from paretocaps.service.settings import parse_settings

if TYPE_CHECKING:
    from paretocaps.report.front import Front
    from paretocaps.search.observer import Observer


class Interrupted(ParetocapsError):
    """Ctrl-C or SIGTERM: everything measured is stored; the message says how to go on."""

    exit_code = 130


@dataclass(frozen=True)
class RunSummary:
    """What a run of a study came to.

    `failed` counts this run's failed trials; `exhausted` tells that every point of the space was
    tried before the study had its trials.
    """

    study: str
    finished: int
    failed: int
    exhausted: bool
    front: "Front"
    storage: str


def optimize(
    flags: Mapping[str, Any] | StudySpec,
    spec_file: str | None = None,
    more: int | None = None,
    observer: "Observer | None" = None,
) -> RunSummary:
    """Run a study until it has its trials, and return its front of the trials that keep `require`.

    Without `require` that is acc>=0.9 where acc is an objective; `load_front` has the whole front.

    Args:
        flags: options of the study by name (see `StudySpec`); those that are None were not given.
            `fix` may be a table or a list of "name=value".
        spec_file: a study file; flags win over it.
        more: trials to add to those the study has, instead of `trials`.
        observer: is told what happens.

    Raises:
        UsageError: what is asked for cannot be; nothing was created.
        Interrupted: by Ctrl-C or SIGTERM.
        ParetocapsError: too many trials failed.
    """
    from paretocaps.report.front import Front
    from paretocaps.search.observer import Observer
    from paretocaps.search.study import check_study, run_study
    from paretocaps.storage.store import Store

    spec = _requested(flags, spec_file, more)
    checked = check_study(spec)
    checked.trainer.check_fixed(checked.settled)
    watcher = observer or Observer()
    for remark in checked.trainer.check_data(spec.data_spec, watcher.preparing):
        watcher.notice(remark)
    with Store.open(spec.storage, create=True) as store:
        try:
            runner = run_study(checked, store, watcher)
        except KeyboardInterrupt:
            raise Interrupted(_how_to_go_on(spec)) from None
        finally:
            watcher.closed()
    front = Front.from_record(runner.front_within(spec.requirements))
    return RunSummary(spec.study, len(runner.table), runner.failed, runner.exhausted, front, spec.storage)


def _requested(flags: Mapping[str, Any] | StudySpec, spec_file: str | None, more: int | None) -> StudySpec:
    """Join flags, study file and the stored study, if there is one of that name."""
    given = flags.model_dump(exclude_unset=True) if isinstance(flags, StudySpec) else dict(flags)
    if isinstance(given.get("fix"), list | tuple):
        given["fix"] = parse_settings(given["fix"])
    file = read_study_file(spec_file) if spec_file else {}
    asked = resolve_spec(given, file)
    stored, finished = _stored(asked)
    if more is not None:
        if given.get("trials") is not None:
            raise UsageError(f"trials={given['trials']} and more={more}: give one of them")
        if more < 1:
            raise UsageError(f"more={more} is not allowed: it should be greater than or equal to 1")
        given["trials"] = finished + more
    trainer = given.get("trainer") or file.get("trainer")
    if stored and trainer not in (None, stored["trainer"]):
        # one trainer's choices mean nothing to another: that it is another is what will be said
        stored = {name: value for name, value in stored.items() if name not in ("fix", "space", "design")}
    return resolve_spec(given, file, stored)


def _stored(spec: StudySpec) -> tuple[dict[str, Any] | None, int]:
    """Return what the study was created with, without None, and its finished trials; or None and 0."""
    from paretocaps.storage.connect import parse_url, refuse_read_only, sqlite_file
    from paretocaps.storage.store import Store

    path = sqlite_file(parse_url(spec.storage))
    if path is not None and not path.exists():
        return None, 0
    refuse_read_only(spec.storage)  # before its data are prepared
    try:
        with Store.open(spec.storage, create=False) as store:
            if spec.study not in [summary.name for summary in store.studies()]:
                return None, 0
            content = store.study(spec.study).spec
            finished = store.counts(spec.study)["finished"]
    except NoStudiesError:
        return None, 0
    return {name: value for name, value in content.items() if value is not None}, finished


def _how_to_go_on(spec: StudySpec) -> str:
    from paretocaps.storage.connect import parse_url, safe

    url = shlex.quote(safe(parse_url(spec.storage)))
    storage = "" if spec.storage == DEFAULT_STORAGE else f" --storage {url}"
    return (
        f"interrupted: every finished trial is stored; go on with"
        f" `paretocaps optimize --study {shlex.quote(spec.study)}{storage}`"
    )
