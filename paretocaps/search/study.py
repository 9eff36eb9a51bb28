"""Runs one checked study, from its creation to its stored front."""

from paretocaps.domain.progress import WAITS
from paretocaps.domain.trainer import CheckedData
from paretocaps.execution.executor import ElsewhereFactory
from paretocaps.search.checked_study import CheckedStudy
from paretocaps.search.confirming import SeedBudget
from paretocaps.search.interrupts import Interrupts, TimeIsUpError
from paretocaps.search.judging import JUDGING, Judging
from paretocaps.search.membership import with_membership
from paretocaps.search.observer import Observer
from paretocaps.search.opening import opened
from paretocaps.search.runner import Runner
from paretocaps.storage.store import Store


def run_study(
    checked: CheckedStudy,
    store: Store,
    observer: Observer,
    data: CheckedData | None = None,
    seeds: SeedBudget | None = None,
    *,
    planned: bool = False,
) -> Runner:
    """Create or reopen the `checked` study in `store`, and run it until it has all its trials.

    Args:
        checked: the study.
        store: where its trials are kept.
        observer: its methods are called as the study proceeds.
        data: what the trainer found in its data.
        seeds: train further seeds of finished trials instead, within this budget; the stored spec stays.
        planned: end with the designs and the points of a grid, also where some of them failed.

    Raises:
        StudyMismatchError: the stored study has another identity or other data, or reads its data otherwise.
        FencedError: another driver took over from this one, which had been silent for too long.
        ParetocapsError: too many trials failed.
        KeyboardInterrupt: Ctrl-C, SIGTERM or SIGHUP; all is stored, and running trials are interrupted.
    """
    interrupts = Interrupts(checked.spec.timeout)
    with (
        interrupts.watching(),
        opened(checked, store, observer, data or CheckedData(), interrupts, seeds) as runner,
    ):
        runner.proposals.planned = planned
        runner.run()
        _judge_front(checked, runner)
        return runner


def _judge_front(checked: CheckedStudy, runner: Runner) -> None:
    """Have the test part judged by the front of a study that has ended, as it is shown: within its bounds."""
    results, interrupts = runner.results, runner.interrupts
    spec = results.spec
    if runner.time_is_up:
        return
    here = "auto" if isinstance(checked.executor, ElsewhereFactory) else spec.device

    def heard(what: str, done: int, total: int) -> None:
        interrupts.check()
        if what == JUDGING or what.startswith(WAITS):
            results.observer.preparing(what, done, total)

    judging = Judging(results.store, spec, results.observer.notice, heard, here)
    standing = results.standing
    front = with_membership(results.store, standing.within(spec.requirements).answers(), standing.table)
    try:
        judging.judge([member.trial for member in front])
    except TimeIsUpError as over:
        runner.time_is_up = str(over)
    results.take_in()
