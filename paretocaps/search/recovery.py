"""Trials that an earlier run left unfinished: what was measured is taken in, the rest trained again."""

import time
from collections import deque

from optuna.trial import TrialState

from paretocaps.domain.measurement import Measurement
from paretocaps.execution.recover import clear_failed, may_pass, recover, still_training
from paretocaps.search.runner import OpenTrial, Runner
from paretocaps.storage.records import AttemptRecord, TrialRecord
from paretocaps.storage.store import Store

_POLL = 0.5  # s


def recover_trials(runner: Runner) -> None:
    """Bring the store and Optuna to one state, and hand unfinished trials back to the runner.

    A worker that outlived its driver is waited for, its measurement ingested; a training that was
    cut off is trained again, as a further attempt of the same trial and seed.

    Raises:
        ParetocapsError: too many of them turn out to have failed.
    """
    spec, store = runner.spec, runner.store
    open_trials = {trial.number: trial for trial in store.open_trials(spec.study)}
    finished = set(runner.table.trials.tolist())
    for frozen in runner.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        # stored but not told before the last run was cut off, or asked for and never stored
        if frozen.number in finished:
            runner.tell(frozen.number)
        elif frozen.number not in open_trials:
            runner.study.tell(frozen.number, state=TrialState.FAIL)
    for trial in open_trials.values():
        _take_up(runner, trial)


def failed_designs(store: Store, study: str) -> set[str]:
    """Return the named designs that failed for a reason that may have passed, such as a killed worker."""
    if not store.counts(study)["failed"]:
        return set()
    failed = (trial for trial in store.trials(study) if trial.state == "failed")
    return {trial.design for trial in failed if trial.design and may_pass(trial.reason or "")}


def _take_up(runner: Runner, trial: TrialRecord) -> None:
    missing = []
    for seed in runner.seeds:
        attempts = [attempt for attempt in trial.attempts if attempt.key.seed == seed]
        if any(attempt.state == "finished" for attempt in attempts):
            continue
        left = _left_by(runner, attempts[-1]) if attempts else None
        if left is None:
            missing.append(seed)
        elif (reason := _ingest(runner, attempts[-1], left)) is not None:
            runner.fail(trial.number, reason)
            return
    runner.resume(OpenTrial(trial.number, dict(trial.choices), trial.design, deque(missing)))


def _left_by(runner: Runner, attempt: AttemptRecord) -> Measurement | str | None:
    """Return what an attempt left in its folder, waiting for a worker that still trains in it."""
    if attempt.folder is None:
        return None
    pid = still_training(attempt.folder)
    if pid is not None:
        runner.observer.notice(
            f"trial {attempt.key.trial} is still being trained by process {pid}: waiting for it"
        )
    while still_training(attempt.folder) is not None:
        time.sleep(_POLL)
    left = recover(attempt.folder)
    if left is None:
        why = "interrupted before it was measured"
        runner.store.fail_attempt(attempt.key, why)
    return left


def _ingest(runner: Runner, attempt: AttemptRecord, left: Measurement | str) -> str | None:
    """Store what was left; return the reason where it is a failure."""
    reason = left if isinstance(left, str) else None
    if isinstance(left, Measurement):
        runner.observer.notice(f"trial {attempt.key.trial} was measured while no driver ran: taken in")
        reason = runner.store_measurement(attempt.key, left)
    if reason is not None:
        runner.store.fail_attempt(attempt.key, reason)
        if attempt.folder is not None:
            clear_failed(attempt.folder)
    return reason
