"""What becomes of a training that has ended: it is stored, Optuna is told, and the front is ranked anew."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import optuna
from optuna.trial import TrialState

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.ended_training import EndedTraining
from paretocaps.domain.failure import Failure
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.objective import Objective
from paretocaps.domain.quantities.quantities import may_be_missing, value_of
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import DivergedError
from paretocaps.run_folder import RunFolder
from paretocaps.search.failures import Failures
from paretocaps.search.finished_trials import REJECTED
from paretocaps.search.known_trials import KnownTrials
from paretocaps.search.observer import Observer
from paretocaps.search.open_trial import OpenTrial
from paretocaps.search.optuna_study import mark, reread, tell_again, tell_once
from paretocaps.search.remarks import Remarks
from paretocaps.search.retries import Retries
from paretocaps.search.room import Room
from paretocaps.search.stopping.stopping import Stopping
from paretocaps.search.study_front import StudyFront
from paretocaps.storage.decisions import Decision
from paretocaps.storage.rejections import RejectedTrial
from paretocaps.storage.store import Store

_TRIES = 3  # to store a front while other drivers finish trials; whoever finishes the last one stores it


@dataclass
class Results:
    """Takes in the results of one driver's trials, and of the trials that other drivers finish.

    Every value is stored before Optuna is told. A trial is its driver's until Optuna was told of its end.

    Args:
        spec, objectives: the study.
        store, study: our tables and Optuna's.
        known: the trials of all drivers.
        observer: its methods are called as trials end.
        stopping: knows which trainings were stopped early.

    Attributes:
        open: the trials that this driver has not completed, by number.
        finished: the trials that this driver has finished, by number.
        standing: the finished trials and their front.
        failures: what failed in this run.
        retries: which trainings are tried again.
        room: whether new trainings can leave their files.
        remarks: what was noticed about measurements.
        rejected: why the last trial of this run was rejected; empty if none was.
    """

    spec: StudySpec
    objectives: Sequence[Objective]
    store: Store
    study: optuna.Study
    known: KnownTrials
    observer: Observer
    stopping: Stopping
    open: dict[int, OpenTrial] = field(default_factory=dict)
    finished: set[int] = field(default_factory=set)
    standing: StudyFront = field(init=False)
    failures: Failures = field(init=False)
    retries: Retries = field(init=False)
    room: Room = field(init=False)
    remarks: Remarks = field(init=False)
    rejected: str = ""
    _told: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.standing = StudyFront(self.spec, self.objectives, self.store, self.observer)
        self.failures = Failures(self.spec.trials)
        self.retries = Retries(self.spec.retries, self.store)
        self.room = Room(self.store.artifacts, self.store.patience)
        self.remarks = Remarks(self.spec.study, self.store, self.observer)

    def settle(
        self, key: AttemptKey, folder: RunFolder | None, result: Measurement | Failure
    ) -> Failure | None:
        """Store how an attempt ended, and end its trial if it was the last one; return why it failed.

        If it may succeed when it is tried again, its seed waits for that.

        Args:
            key: the attempt.
            folder: its folder, which is cleared of checkpoints, and after a failure of all but the reason;
                None to leave it as it is.
            result: how it ended.

        Raises:
            ParetocapsError: too many trials or trainings have failed.
        """
        trial = self.open.get(key.trial)
        if trial is not None and not trial.finished and isinstance(result, Measurement):
            stop = self.stopping.stopped(key, result)
            if stop is not None:
                return self._settle_stopped(trial, folder, result, stop)
        last = trial is not None and not (trial.finished or trial.stopped) and trial.is_last(key.seed)
        failure = result if isinstance(result, Failure) else self._store(key, result, last=last)
        again = failure is not None and trial is not None and self.retries.again(key, failure)
        again = again and not (trial is not None and trial.stopped)
        self.room.note(failure)
        if failure is not None:
            self.store.fail_attempt(key, failure)
        if folder is not None:
            self._clear(folder, failed=failure is not None, again=again)
        if failure is not None and trial is not None and again:
            self.observer.notice(f"trial {key.trial} is tried again: {failure.reason}")
            trial.again(key.seed)
            return failure
        if failure is None and self.spec.keep_checkpoints:
            self.retries.leave(key)
        else:
            self.retries.end(key)
        if trial is None:  # another seed of it failed before
            return failure
        if isinstance(result, Measurement) and failure is None:
            self._show(trial, key, folder, result)
        trial.running.discard(key.seed)
        if trial.finished:
            self._settle_seed(trial, key, failure)
        elif trial.stopped:
            self._stop_if_complete(trial)
        elif failure is not None:
            self.fail(trial.number, failure)
        elif last:
            self._finish(trial)
        return failure

    def _settle_stopped(
        self, trial: OpenTrial, folder: RunFolder | None, measurement: Measurement, stop: Decision
    ) -> Failure | None:
        """Store what a training measured that was stopped early, and stop its trial with its last one."""
        key, reason = stop.key, f"at epoch {stop.epoch} of {self.spec.epochs}: {stop.reason}"
        try:
            self.store.stop_attempt(key, measurement, reason)
        except DivergedError as error:
            return self.settle(key, folder, Failure(str(error)))
        self.retries.leave(key)
        self._show(trial, key, folder, measurement, reason)
        trial.running.discard(key.seed)
        trial.stop(reason)
        self._stop_if_complete(trial)
        return None

    def _show(
        self,
        trial: OpenTrial,
        key: AttemptKey,
        folder: RunFolder | None,
        measurement: Measurement,
        stopped: str = "",
    ) -> None:
        """Show a training that was measured, with the folder that its files are in."""
        path = self.store.attempt_folder(key) if folder is None else folder.path
        self.observer.training_ended(
            EndedTraining(key, trial.choices, trial.design, measurement, path, stopped)
        )

    def _stop_if_complete(self, trial: OpenTrial) -> None:
        if trial.complete:
            self.stop(trial.number, trial.stopped)

    def stop(self, number: int, reason: str) -> None:
        """End a trial as stopped early; it keeps its checkpoints, and may be continued."""
        self.open.pop(number, None)
        self.failures.success()
        self.store.stop_trial(self.spec.study, number, reason)
        news = self.take_in(number)
        self.tell_stopped(number)
        self.observer.trial_stopped(number, reason)
        if news:  # another driver's, which the next `take_in` no longer finds new
            self.rank()
        self.give_up_told()

    def complete(self, trial: OpenTrial) -> None:
        """Finish a trial whose seeds were all measured before it was taken over."""
        self.store.finish_trial(self.spec.study, trial.number)
        self._finish(trial)

    def fail(self, number: int, failure: Failure) -> None:
        """End a trial as failed; the measurements of its other seeds stay stored.

        Raises:
            ParetocapsError: too many trials have failed.
        """
        self.open.pop(number, None)
        self.store.fail_trial(self.spec.study, number, failure)
        self.retries.end_waiting(number)
        if self.take_in():  # else it would count among the trials that run
            self.rank()
        self.tell_failed(number)
        self.observer.trial_failed(number, failure.reason)
        self.failures.of_trial(failure)

    def tell(self, number: int) -> None:
        """Tell Optuna the values of a finished trial, or that it was pruned where it is a bad one.

        TPE counts pruned trials among the bad ones, and among those with which it starts up; `gaussian` and
        `forest` learn from them which choices come to nothing; the others ignore them. What Optuna was told
        already, by a driver that ended right afterwards, stays, unless it was told that the trial was
        stopped.
        """
        values = self.standing.objective_values(number)
        state = TrialState.PRUNED if values is None else None
        tell = tell_again if self.stopping.was_continued(number) else tell_once
        tell(self.study, number, values, state)
        self._told.append(number)

    def tell_stopped(self, number: int) -> None:
        """Tell Optuna of a trial that was stopped early (`stopping.told`)."""
        values = self.stopping.told(number)
        tell_once(self.study, number, values, TrialState.PRUNED if values is None else None)
        self._told.append(number)

    def reject(self, trial: RejectedTrial) -> bool:
        """Store a trial that is not trained, of which the caller tells Optuna; return whether it is ours."""
        if not self.store.reject_trial(self.spec.study, trial):
            return False
        self._told.append(trial.number)
        self.known.note_rejected(trial.number)
        self.rejected = trial.reason
        self.observer.trial_rejected(trial.number, trial.reason)
        return True

    def tell_rejected(self, number: int) -> None:
        """Tell Optuna that a trial was rejected: that it was pruned, or broke a bound."""
        mark(self.study, number, REJECTED)
        tell_once(self.study, number, state=TrialState.PRUNED)
        self._told.append(number)

    def tell_failed(self, number: int) -> None:
        """Tell Optuna that a trial failed."""
        tell_once(self.study, number, state=TrialState.FAIL)
        self._told.append(number)

    def take_in(self, own: int | None = None) -> bool:
        """Read what has changed in the study, also by other drivers; return whether trials have finished.

        Args:
            own: the trial that this driver has just finished or stopped.
        """
        before = self.known.ended
        changed = self.known.update()
        finished = [trial.number for trial in changed if trial.state == "finished"]
        if finished:
            self.standing.read(finished)
        self.stopping.take_in([one.number for one in changed if one.state in ("finished", "stopped")])
        for number in finished:
            if number != own and self.stopping.was_continued(number):
                reread(self.study, number)
        others = self.known.ended - before - (own is not None)
        if others > 0:
            self.observer.others_finished(others)
        return bool(finished)

    def rank(self) -> None:
        """Store the front of all finished trials, and show it if it has changed."""
        for _ in range(_TRIES):
            if self.standing.update(self.known.change, self._ended()):
                return
            self.take_in()

    def give_up_told(self) -> None:
        """Give up the trials that Optuna was told of since the front was last stored."""
        if ended := self._ended():
            self.store.release(self.spec.study, ended)

    def _ended(self) -> list[int]:
        """Return the trials that Optuna was told of, once; those that still train seeds are kept back."""
        ended = [number for number in self._told if number not in self.open]
        self._told = [number for number in self._told if number in self.open]
        return ended

    def _store(self, key: AttemptKey, measurement: Measurement, *, last: bool) -> Failure | None:
        """Store a measurement, or return a failure if an objective is missing or a value is not finite.

        If the training did not reach the accuracy that an objective names, the trial is finished, not ranked.
        """
        for name in (objective.quantity for objective in self.objectives):
            if value_of(measurement, name) is None and not may_be_missing(name, measurement):
                return Failure(f"trainer {self.spec.trainer!r} did not measure {name!r}")
        try:
            self.store.finish_attempt(key, measurement, last=last)
        except DivergedError as error:
            return Failure(str(error))
        self.remarks.note(key.trial, measurement)
        return None

    def _settle_seed(self, trial: OpenTrial, key: AttemptKey, failure: Failure | None) -> None:
        """Take account of a further training of a finished trial, which is stored.

        The trial's values are then means over one seed more, or with a quieter training. Optuna keeps the
        values that it was told first: only a trial that it holds for pruned can be told again.
        """
        if trial.complete:
            del self.open[trial.number]
            self._told.append(trial.number)
        if failure is not None:
            self.observer.seed_failed(trial.number, key.seed, failure.reason)
            self.failures.of_seed(failure)
            return
        self.failures.success()
        self.take_in()
        values = self.standing.values(trial.number)
        if key.seed in trial.redone:
            kept = self.store.trial(key.study, key.trial).measured[key.seed]
            self.observer.seed_redone(trial.number, key.seed, values, kept.key == key)
        else:
            self.observer.seed_finished(trial.number, key.seed, values)
        self.rank()

    def _finish(self, trial: OpenTrial) -> None:
        del self.open[trial.number]
        self.finished.add(trial.number)
        self.failures.success()
        self.take_in(trial.number)
        self.tell(trial.number)
        self.observer.trial_finished(trial.number, self.standing.values(trial.number))
        self.rank()

    def _clear(self, folder: RunFolder, *, failed: bool, again: bool) -> None:
        with suppress(OSError):  # a disk that is read-only keeps them
            if failed:
                folder.clear_failed(again=again)
            elif not self.spec.keep_checkpoints:
                folder.forget_checkpoints()
