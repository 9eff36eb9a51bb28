"""The driver, which proposes choices, hands jobs to an executor, stores the results and tells Optuna."""

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import optuna
from optuna.trial import TrialState

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.failure import Failure
from paretocaps.domain.job import Origin, TrainingJob
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.objective import OBJECTIVES, Objective
from paretocaps.domain.quantities.quantities import may_be_missing, value_of
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import DivergedError, ParetocapsError, StorageError, UsageError
from paretocaps.execution.executor import Executor, Outcome
from paretocaps.run_folder import RunFolder
from paretocaps.search.failures import Failures
from paretocaps.search.interrupts import Interrupts, TimeIsUpError
from paretocaps.search.jobs import Jobs
from paretocaps.search.observer import Observer
from paretocaps.search.open_trial import OpenTrial
from paretocaps.search.optuna_study import end_session
from paretocaps.search.proposals import Proposal, Proposals
from paretocaps.search.retries import Retries
from paretocaps.search.study_front import StudyFront
from paretocaps.storage.store import Store

_PARTING = 2.0  # s that an interrupted driver waits for the database


@dataclass
class Runner:
    """Runs one open study until it has all its trials.

    Every value is stored before Optuna is told. If a study is interrupted at any point, no measurement is
    lost, and the next run finishes the trial that it belongs to.

    Args:
        spec: the number of trials, epochs and repeats, the data and so on.
        objectives: the study's objectives.
        store, study: our tables and Optuna's.
        proposals: proposes new choices.
        executor: trains jobs; the caller enters and exits its context.
        observer: its methods are called as the study proceeds.
        interrupts: is checked between steps, to stop the study.
        origin: is written to the folder of every training.
    """

    spec: StudySpec
    objectives: Sequence[Objective]
    store: Store
    study: optuna.Study
    proposals: Proposals
    executor: Executor
    observer: Observer
    interrupts: Interrupts = field(default_factory=Interrupts)
    origin: Origin | None = None
    open: dict[int, OpenTrial] = field(default_factory=dict)
    exhausted: bool = False
    time_is_up: str = ""
    remarked: set[str] = field(default_factory=set)
    jobs: Jobs = field(init=False)
    standing: StudyFront = field(init=False)
    failures: Failures = field(init=False)
    retries: Retries = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = Jobs(self.executor, self.store, self.observer, self.interrupts)
        self.standing = StudyFront(self.spec, self.objectives, self.store, self.observer)
        self.failures = Failures(self.spec.trials)
        self.retries = Retries(self.spec.retries, self.store)

    def run(self) -> None:
        """Train until the study has `spec.trials` finished trials, its space is exhausted, or too many fail.

        It ends at the time limit of `interrupts`, too: it interrupts trials, and `time_is_up` says so.

        Raises:
            UsageError: the trainer allows no point of the space.
            ParetocapsError: `spec.trials` trials failed, or five in a row, or every point of the space.
        """
        try:
            with self.jobs.riding():
                self.standing.update()
                self._train()
            if self.exhausted and not self.failures.trials and not len(self.standing.table):
                raise UsageError("the trainer allows no point of the space: change the space or --fix")
            if self.failures.trials and not len(self.standing.table):
                reason = self.failures.reason
                raise ParetocapsError(f"every point of the space failed; the last reason: {reason}")
        except TimeIsUpError as over:
            self.time_is_up = str(over)
            self._interrupt(self.time_is_up)
        except BaseException:
            self._interrupt()
            raise

    def _train(self) -> None:
        while True:
            self.interrupts.check()
            self._fill()
            if not self.jobs.in_flight:
                break
            for outcome in self.jobs.ended():
                self._settle(outcome)

    def resume(self, trial: OpenTrial) -> None:
        """Resume a trial of an earlier run: train its waiting seeds, or finish it if there are none."""
        self.open[trial.number] = trial
        self.store.start_trial(self.spec.study, trial.number, trial.choices, trial.design)
        self._finish_if_complete(trial)

    def _fill(self) -> None:
        # jobs are counted, not open trials: other seeds of a failed trial may still be training
        while not self.jobs.full and (job := self._next_job()) is not None:
            self.jobs.submit(job)

    def _next_job(self) -> TrainingJob | None:
        waiting = next((trial for trial in self.open.values() if trial.waiting), None)
        if waiting is None:
            proposal = self._next_proposal()
            if proposal is None:
                return None
            waiting = OpenTrial(proposal.number, proposal.choices, proposal.design, deque(self.spec.seeds))
            self.open[waiting.number] = waiting
            self.store.start_trial(self.spec.study, waiting.number, waiting.choices, waiting.design)
        return self._job(waiting)

    def _next_proposal(self) -> Proposal | None:
        under_way = sum(not trial.finished for trial in self.open.values())
        wanted = self.spec.trials - len(self.standing.table) - under_way
        if wanted <= 0 or self.exhausted:
            return None
        proposal = self.proposals.next()
        if proposal is None:
            self.exhausted = True
            self.observer.notice("every point of the space was tried: there is nothing more to sample")
        return proposal

    @property
    def _measured(self) -> tuple[str, ...]:
        """The quantities of the objectives, and of the study's bounds."""
        bounded = [OBJECTIVES.get(requirement.name) for requirement in self.spec.requirements]
        return tuple(dict.fromkeys(objective.quantity for objective in (*self.objectives, *bounded)))

    def _job(self, trial: OpenTrial) -> TrainingJob:
        key = self.store.start_attempt(self.spec.study, trial.number, trial.next_seed())
        job = TrainingJob(
            study=key.study,
            trial=key.trial,
            attempt=key.attempt,
            trainer=self.spec.trainer,
            choices=trial.choices,
            seed=key.seed,
            data=self.spec.data_spec,
            epochs=self.spec.epochs,
            ranks=TRAINERS.get(self.spec.trainer).ranks_of(trial.choices, self.spec.ranks),
            folder=self.store.attempt_folder(key),
            checkpoints=True,
            checkpoint_every=self.spec.checkpoint_every,
            measure=self._measured,
            origin=self.origin,
            stall_timeout=self.spec.stall_timeout,
            trial_timeout=self.spec.trial_timeout,
        )
        if (earlier := self.retries.begin(key, job.folder)) is not None:
            self.observer.notice(f"trial {key.trial} goes on from the checkpoint of attempt {earlier}")
        self.observer.trial_started(job, trial.design)
        return job

    def _settle(self, outcome: Outcome) -> None:
        job, result = outcome.job, outcome.result
        failure = result if isinstance(result, Failure) else self.store_measurement(job.key, result)
        trial = self.open.get(job.trial)
        if failure is not None:
            again = trial is not None and self.retries.again(job.key, failure)
            self.store.fail_attempt(job.key, failure)
            RunFolder(job.folder).clear_failed(again=again)
            if trial is not None and again:
                self.observer.notice(f"trial {job.trial} is tried again: {failure.reason}")
                trial.again(job.seed)
                return
        self.retries.end(job.key)
        if trial is None:  # another seed of it failed before
            return
        trial.running.discard(job.seed)
        if trial.finished:
            self.settle_seed(trial.number, job.seed, failure)
            if trial.complete:
                del self.open[trial.number]
        elif failure is None:
            self._finish_if_complete(trial)
        else:
            self.fail(trial.number, failure)

    def store_measurement(self, key: AttemptKey, measurement: Measurement) -> Failure | None:
        """Store a measurement, or return a failure if an objective is missing or a value is not finite.

        If the training did not reach the accuracy that an objective names, the trial is finished, not ranked.
        """
        for name in (objective.quantity for objective in self.objectives):
            if value_of(measurement, name) is None and not may_be_missing(name, measurement):
                return Failure(f"trainer {self.spec.trainer!r} did not measure {name!r}")
        try:
            self.store.finish_attempt(key, measurement)
        except DivergedError as error:
            return Failure(str(error))
        self._remark(key.trial, measurement)
        return None

    def _remark(self, number: int, measurement: Measurement) -> None:
        """Notify of what makes a trial's values unreliable; a remark of several trials is given only once."""
        new = [remark for remark in measurement.remarks if remark not in self.remarked]
        if measurement.device.loaded:
            # not every remark says why the device counts as loaded
            known = "; ".join(measurement.remarks) or "its times are not reliable"
            self.observer.notice(f"trial {number} (trained on a loaded device): {known}")
        elif new:
            self.observer.notice(f"trial {number}: {'; '.join(new)}")
        self.remarked.update(new)

    def tell(self, number: int) -> None:
        """Tell Optuna the values of a finished trial, or that it was pruned where it is a bad one.

        TPE counts pruned trials among the bad ones, and the other samplers ignore them.
        """
        values = self.standing.objective_values(number)
        self.study.tell(number, values, state=TrialState.PRUNED if values is None else None)

    def fail(self, number: int, failure: Failure) -> None:
        """End a trial as failed; the measurements of its other seeds stay stored.

        Raises:
            ParetocapsError: too many trials have failed.
        """
        self.open.pop(number, None)
        self.store.fail_trial(self.spec.study, number, failure)
        self.retries.end_waiting(number)
        self.study.tell(number, state=TrialState.FAIL)
        self.observer.trial_failed(number, failure.reason)
        self.failures.of_trial(failure)

    def settle_seed(self, number: int, seed: int, failure: Failure | None) -> None:
        """Take account of a further training of a finished trial, which is stored.

        The trial's values are then means over one seed more. Optuna keeps the values that it was told first,
        because a finished trial cannot be told again.

        Raises:
            ParetocapsError: too many trainings have failed.
        """
        if failure is not None:
            self.observer.seed_failed(number, seed, failure.reason)
            self.failures.of_seed(failure)
            return
        self.failures.success()
        self.standing.read([number])
        self.observer.seed_finished(number, seed, self.standing.values(number))
        self.standing.update()

    def _finish_if_complete(self, trial: OpenTrial) -> None:
        if not trial.complete:
            return
        del self.open[trial.number]
        self.failures.success()
        self.store.finish_trial(self.spec.study, trial.number)
        self.standing.read([trial.number])
        self.tell(trial.number)
        self.observer.trial_finished(trial.number, self.standing.values(trial.number))
        self.standing.update()

    def _interrupt(self, reason: str | None = None) -> None:
        self.jobs.abort()
        end_session(self.study)
        # if the storage itself failed, the next run finds the trials running
        with suppress(StorageError), self.store.patience.of(_PARTING):
            self.jobs.store_epochs()
            for number, trial in self.open.items():
                if trial.finished:
                    self.store.interrupt_attempts(self.spec.study, number, reason)
                else:
                    self.store.interrupt_trial(self.spec.study, number, reason)
