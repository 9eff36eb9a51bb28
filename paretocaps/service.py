"""The use cases, one function each: what the command line, the web and Python call."""

import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.domain.choices import Choices
from paretocaps.domain.front import FrontRecord
from paretocaps.domain.objective import OBJECTIVES, parse_objectives
from paretocaps.domain.requirement import parse_requirements
from paretocaps.domain.spec import DEFAULT_STORAGE, StudySpec, read_study_file, resolve_spec
from paretocaps.domain.trainer import TRAINERS, TrainerSpec
from paretocaps.errors import ParetocapsError, StorageError, UsageError
from paretocaps.search.observer import Observer

if TYPE_CHECKING:
    from paretocaps.report.front import Front


class Interrupted(ParetocapsError):
    """Ctrl-C or SIGTERM: everything measured is stored; the message says how to go on."""

    exit_code = 130


@dataclass(frozen=True)
class RunSummary:
    """What a run of a study came to.

    `exhausted` tells that every design of the space was tried before `trials` were reached.
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
    observer: Observer | None = None,
) -> RunSummary:
    """Run a study until it has its trials, and return its front.

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
    from paretocaps.search.study import check_study, run_study
    from paretocaps.storage.store import Store

    spec = _resolve(flags, spec_file, more)
    plan = check_study(spec)
    watcher = observer or Observer()
    with Store.open(spec.storage, create=True) as store:
        try:
            runner = run_study(plan, store, watcher)
        except KeyboardInterrupt:
            raise Interrupted(_how_to_go_on(spec)) from None
        finally:
            watcher.closed()
        counts = store.counts(spec.study)
        front = _front(store, spec.study, spec.objectives, [str(r) for r in spec.requirements], runner.device)
    return RunSummary(spec.study, counts.finished, runner.failed, runner.exhausted, front, spec.storage)
