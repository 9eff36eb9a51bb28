"""Confirms the front of a stored study: trains further seeds where they decide who is a member."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paretocaps.domain.duration import duration_text
from paretocaps.domain.study_file import resolve_spec
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UsageError
from paretocaps.service.running import (
    Interrupted,
    data_option,
    front_within,
    how_to_go_on,
    resumable,
    store_of,
    stored_settings,
)
from paretocaps.service.settings import seconds_of

if TYPE_CHECKING:
    from paretocaps.report.front import Front
    from paretocaps.search.observer import Observer
    from paretocaps.storage.further_seeds import FurtherSeed

DEFAULT_BUDGET = "30m"


@dataclass(frozen=True)
class ConfirmSummary:
    """The result of confirming a front.

    Attributes:
        before, front: the front within the study's bounds, before and after.
        trained: how many further seeds this run trained.
        seconds: how long the trainings with further seeds took, those of earlier runs included.
        why: why the run ended.
        storage: path of an SQLite file, or database URL.
    """

    before: "Front"
    front: "Front"
    trained: int
    seconds: float
    why: str
    storage: str

    @property
    def joined(self) -> tuple[int, ...]:
        """The trials that are members since."""
        return _without(self.front, self.before)

    @property
    def left(self) -> tuple[int, ...]:
        """The trials that are members no more."""
        return _without(self.before, self.front)


def confirm(
    flags: Mapping[str, Any],
    budget: str | float | None = None,
    seeds: int | None = None,
    observer: "Observer | Sequence[Observer] | None" = None,
) -> ConfirmSummary:
    """Train further seeds of a stored study's members and near-members, until the budget is spent.

    The seed that tells most about the front, per second of its training, comes next. All trials get the same
    seeds in the same order. It may be interrupted and called again, by several processes at once, too: the
    budget is that of all trainings with further seeds of the study.

    Args:
        flags: the study and its storage, and where to train (device, workers, threads, executor, timeout).
        budget: seconds of whole trainings, with evaluating, or text such as "30m" (the default), those of
            earlier runs included.
        seeds: the most seeds of one trial; 10 by default.
        observer: an `Observer`, or several; their methods are called as trainings proceed.

    Raises:
        StorageError: there is no such database or study.
        UsageError: an option is not allowed, or the study has no finished trial.
        Interrupted: Ctrl-C, SIGTERM or SIGHUP stopped the run.
        ParetocapsError: too many trainings failed.
    """
    from paretocaps.loggers.logged import with_logging
    from paretocaps.search.checked_study import check_study
    from paretocaps.search.confirming import MOST_SEEDS, SeedBudget, further_seeds, spent_seconds
    from paretocaps.search.observer import Observer
    from paretocaps.search.observers import observer_of
    from paretocaps.search.study import run_study
    from paretocaps.search.study_front import StudyFront

    if seeds is not None and seeds < 2:
        raise UsageError(f"seeds={seeds} is not allowed: give 2 or more")
    seconds = seconds_of("budget", DEFAULT_BUDGET if budget is None else budget)
    asked = f" --budget {duration_text(seconds)}" if budget is not None else ""
    asked += f" --seeds {seeds}" if seeds is not None else ""
    spec = _spec(flags)
    checked = check_study(spec)
    watcher = with_logging(observer_of(observer), spec)
    data = checked.trainer.check_data(spec.data_spec, watcher.preparing)
    with store_of(spec, watcher.notice, create=False) as store:
        trained = len(_measured(further_seeds(store, spec)))
        before = front_within(store, StudyFront(spec, checked.objectives, store, Observer()))
        asked += data_option(store, spec)
        try:
            runner = run_study(checked, store, watcher, data, SeedBudget(seconds, seeds or MOST_SEEDS))
            store.verify()
        except KeyboardInterrupt:
            raise Interrupted(how_to_go_on(spec, "interrupted", "confirm", asked)) from None
        finally:
            watcher.closed()
        assert runner.confirmation is not None
        return ConfirmSummary(
            before=before,
            front=front_within(store, runner.results.standing),
            trained=len(_measured(further_seeds(store, spec))) - trained + len(runner.confirmation.filled),
            seconds=spent_seconds(store, spec) + sum(runner.confirmation.filled.values()),
            why=(
                how_to_go_on(spec, runner.time_is_up, "confirm", asked)
                if runner.time_is_up
                else runner.confirmation.why
            ),
            storage=spec.storage,
        )


def _spec(flags: Mapping[str, Any]) -> StudySpec:
    """Return the stored study's settings, with those of this run.

    Raises:
        StorageError: there is no such study.
        UsageError: it has no finished trial.
    """
    from paretocaps.storage.store import Store

    asked = resolve_spec(flags)
    with Store.open(asked.storage, create=False) as store:
        store.study(asked.study)
    stored, finished = stored_settings(asked)
    if not finished:
        raise UsageError(f"study {asked.study!r} has no finished trial to confirm: run `optimize` first")
    return resolve_spec(flags, stored=resumable(stored, flags))


def _measured(further: "Sequence[FurtherSeed]") -> list[tuple[int, int]]:
    return [(one.trial, one.seed) for one in further if one.state == "finished"]


def _without(front: "Front", other: "Front") -> tuple[int, ...]:
    known = {member.trial for member in other}
    return tuple(member.trial for member in front if member.trial not in known)
