"""Hands the runner what earlier runs left to train: unfinished trials, and further seeds of finished ones."""

import time
from collections import deque

from optuna.trial import TrialState

from paretocaps.domain.failure import Failure
from paretocaps.domain.measurement import Measurement
from paretocaps.run_folder import RunFolder
from paretocaps.search.open_trial import OpenTrial
from paretocaps.search.ranking import front_trials
from paretocaps.search.runner import Runner
from paretocaps.storage.records import AttemptRecord, TrialRecord

_POLL = 0.5  # s


def recover_trials(runner: Runner) -> None:
    """Make the store and Optuna agree, and hand unfinished trials to the runner.

    If a worker of the earlier run still trains, wait for it and store its measurement. A training that was
    cut off is repeated, as a further attempt of the same trial and seed.

    Raises:
        ParetocapsError: too many of these trials have failed.
    """
    spec, store = runner.spec, runner.store
    open_trials = {trial.number: trial for trial in store.open_trials(spec.study)}
    finished = set(runner.standing.table.trials.tolist())
    for frozen in runner.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        # the last run was cut off after it stored the trial and before it told Optuna, or before it stored it
        if frozen.number in finished:
            runner.tell(frozen.number)
        elif frozen.number not in open_trials:
            runner.study.tell(frozen.number, state=TrialState.FAIL)
    for trial in open_trials.values():
        _take_up(runner, trial)


def _take_up(runner: Runner, trial: TrialRecord) -> None:
    missing = []
    for seed in runner.spec.seeds:
        attempts = [attempt for attempt in trial.attempts if attempt.key.seed == seed]
        if any(attempt.state == "finished" for attempt in attempts):
            continue
        left = _left_by(runner, attempts[-1]) if attempts else None
        if left is None or _again(runner, attempts[-1], left):
            missing.append(seed)
        elif (failure := _ingest(runner, attempts[-1], left)) is not None:
            runner.fail(trial.number, failure)
            return
    runner.resume(OpenTrial(trial.number, dict(trial.choices), trial.design, deque(missing)))


def add_seeds(runner: Runner) -> None:
    """Hand finished trials that lack seeds to the runner, where the study has been given more repeats.

    Those on the front come first. Trials that were imported get no further seeds.

    Raises:
        ParetocapsError: too many of these trainings have failed.
    """
    spec = runner.spec
    if not spec.more_repeats:
        return
    own = {trial.number for trial in runner.study.get_trials(deepcopy=False)}
    best = front_trials(runner.standing.table, runner.objectives)
    trials = [one for one in runner.store.trials(spec.study) if one.state == "finished" and one.number in own]
    lacking = [
        OpenTrial(trial.number, dict(trial.choices), trial.design, deque(seeds), finished=True)
        for trial in sorted(trials, key=lambda trial: (trial.number not in best, trial.number))
        if (seeds := _missing(runner, trial))
    ]
    if lacking:
        runner.observer.seeds_missing(len(lacking), sum(len(trial.waiting) for trial in lacking))
    runner.open |= {trial.number: trial for trial in lacking}


def _missing(runner: Runner, trial: TrialRecord) -> list[int]:
    """Return the seeds that a finished trial lacks; store what an earlier run left of them.

    A seed that failed is trained again only if that may succeed.
    """
    missing = []
    for seed in runner.spec.seeds:
        attempts = [attempt for attempt in trial.attempts if attempt.key.seed == seed]
        if any(attempt.state == "finished" for attempt in attempts):
            continue
        if attempts and attempts[-1].state == "failed":
            if _may_pass(attempts[-1]):
                missing.append(seed)
            else:
                why = attempts[-1].reason
                runner.observer.notice(f"trial {trial.number} has no seed {seed}, which failed: {why}")
            continue
        left = _left_by(runner, attempts[-1]) if attempts else None
        if left is None or _again(runner, attempts[-1], left):
            missing.append(seed)
        else:
            runner.settle_seed(trial.number, seed, _ingest(runner, attempts[-1], left))
    return missing


def _again(runner: Runner, attempt: AttemptRecord, left: Measurement | Failure) -> bool:
    """Return whether a training that failed while no driver ran is tried again; then store its failure."""
    if not (isinstance(left, Failure) and left.may_pass and runner.spec.retries):
        return False
    if attempt.state != "failed":
        runner.store.fail_attempt(attempt.key, left)
    return True


def _may_pass(attempt: AttemptRecord) -> bool:
    """Return whether a failed attempt may succeed if it is tried again, as after a worker was killed."""
    if attempt.may_pass is not None:
        return attempt.may_pass
    left = None if attempt.folder is None else RunFolder(attempt.folder).recover()
    return left is None or (isinstance(left, Failure) and left.may_pass)


def _left_by(runner: Runner, attempt: AttemptRecord) -> Measurement | Failure | None:
    """Return the result in an attempt's folder, or None; wait first for a worker that still trains in it."""
    if attempt.state == "failed" and attempt.may_pass is not None:
        return Failure(attempt.reason or "", attempt.may_pass)
    if attempt.folder is None:
        return None
    folder = RunFolder(attempt.folder)
    if (pid := folder.process()) is not None:
        runner.observer.notice(f"process {pid} is still training trial {attempt.key.trial}: waiting for it")
    while folder.process() is not None:
        time.sleep(_POLL)
    left = folder.recover()
    if left is None:
        interrupted = Failure("interrupted before it was measured", may_pass=True)
        runner.store.fail_attempt(attempt.key, interrupted)
    return left


def _ingest(runner: Runner, attempt: AttemptRecord, left: Measurement | Failure) -> Failure | None:
    """Store the result `left` of an attempt; return its failure, or None if it was measured."""
    failure = left if isinstance(left, Failure) else None
    if isinstance(left, Measurement):
        runner.observer.notice(f"trial {attempt.key.trial} was measured while no driver ran: it is stored")
        failure = runner.store_measurement(attempt.key, left)
        if attempt.folder is not None:
            RunFolder(attempt.folder).forget_checkpoints()
    if failure is not None:
        runner.store.fail_attempt(attempt.key, failure)
        if attempt.folder is not None:
            RunFolder(attempt.folder).clear_failed()
    return failure
