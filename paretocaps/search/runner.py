"""The driver, which begins trials, hands their jobs to an executor, and waits for results."""

import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from paretocaps.domain.job import Origin, TrainingJob
from paretocaps.domain.objective import is_timed
from paretocaps.domain.requirement import with_bounded
from paretocaps.domain.trainer import TRAINERS, Forecaster, forecast_of
from paretocaps.errors import FencedError, ParetocapsError, StorageError, UnavailableError, UsageError
from paretocaps.execution.executor import Executor
from paretocaps.run_folder import RunFolder
from paretocaps.search.claiming import Claiming
from paretocaps.search.confirming import Confirmation
from paretocaps.search.continuing import Continuing
from paretocaps.search.driver import Driver
from paretocaps.search.ending import Ending
from paretocaps.search.interrupts import Interrupts, TimeIsUpError
from paretocaps.search.jobs import Jobs
from paretocaps.search.judging import judged_at_once
from paretocaps.search.open_trial import OpenTrial
from paretocaps.search.optuna_study import end_session
from paretocaps.search.proposals import Proposal, Proposals
from paretocaps.search.recovery import Recovery
from paretocaps.search.rejection import Rejection, all_rejected
from paretocaps.search.results import Results
from paretocaps.search.study_tunings import StudyTunings
from paretocaps.storage.claims import Begun, Refusal

MOMENT = 0.5  # s between two looks at other drivers
_PARTING = 2.0  # s that an interrupted driver waits for the database


@dataclass
class Runner:
    """Runs one open study until it has all its trials, beside other drivers that may do the same.

    If a study is interrupted at any point, no measurement is lost, and the next run, or another driver,
    finishes the trial that it belongs to.

    Args:
        results: takes in what was measured; it has the study, its tables, and the open trials.
        driver: the rights of this process.
        proposals: proposes new choices.
        executor: trains jobs; the caller enters and exits its context.
        interrupts: is checked between steps, to stop the study.
        origin: is written to the folder of every training.
        rejection: tells which proposals are not worth a training; None trains all.
        confirmation: trains further seeds of finished trials; the run then begins no new trials.
        continuing: the shorter trainings from which this study's go on.
        forecaster: what the trainer tells of choices; None if it tells nothing.
        device: what trains, "cpu" or "cuda".
    """

    results: Results
    driver: Driver
    proposals: Proposals
    executor: Executor
    interrupts: Interrupts
    origin: Origin
    rejection: Rejection | None
    confirmation: Confirmation | None
    continuing: Continuing
    forecaster: Forecaster | None
    device: str
    exhausted: bool = False
    time_is_up: str = ""
    jobs: Jobs = field(init=False)
    recovery: Recovery = field(init=False)
    ending: Ending = field(init=False)
    claiming: Claiming = field(init=False)
    _waits: bool = False
    _lacks_room: bool = False

    def __post_init__(self) -> None:
        self.spec, self.objectives = self.results.spec, self.results.objectives
        self.store, self.observer = self.results.store, self.results.observer
        self.tunings = StudyTunings(self.store, self.spec.study)
        self.stopping = self.results.stopping
        self.jobs = Jobs(
            self.executor, self.store, self.observer, self.interrupts, self.tunings, self.stopping
        )
        self.ending = Ending(self.results)
        self.recovery = self.confirmation or Recovery(self.results, self.driver)
        self.claiming = Claiming(self.results, self.rejection)

    def recover(self) -> None:
        """See what earlier runs and dead drivers left."""
        self.recovery.look()
        self.recovery.add_seeds()

    def run(self) -> None:
        """Train until the study has `spec.trials` finished trials, its `ending` is reached, or too many fail.

        It ends at the time limit of `interrupts`, too: it interrupts trials, and `time_is_up` says so.

        Raises:
            UsageError: the trainer allows no point of the space.
            FencedError: another driver took over from this one.
            ParetocapsError: `spec.trials` trials failed, or five in a row, or every point of the space.
        """
        try:
            with self.jobs.riding():
                self.results.rank()
                self._train()
                self.results.give_up_told()
            if not len(self.results.standing.table):
                self._refuse_empty()
        except TimeIsUpError as over:
            self.time_is_up = str(over)
            self.interrupt(self.time_is_up)
        except FencedError:
            self.interrupt()
            self._leave_to_others()
            raise
        except BaseException:
            self.interrupt()
            raise

    def _refuse_empty(self) -> None:
        failures = self.results.failures
        if failures.trials:
            ended = self.ending.reason or (self.results.rejected and "further proposals were rejected")
            what = f"no trial finished ({ended})" if ended else "every point of the space failed"
            raise ParetocapsError(f"{what}; the last reason: {failures.reason}")
        if self.results.rejected:
            raise UsageError(all_rejected(self.results.rejected))
        if self.exhausted:
            raise UsageError("the trainer allows no point of the space: change the space or --fix")

    def _train(self) -> None:
        while self._has_work():
            if self.jobs.in_flight:
                for outcome in self.jobs.ended():
                    folder = RunFolder(outcome.job.folder)
                    self.results.settle(outcome.job.key, folder, outcome.result)
                    self.ending.note(outcome.job.trial)
                    if outcome.measurement is not None:
                        self.tunings.note(outcome.measurement)
            else:
                time.sleep(MOMENT)

    def look(self) -> None:
        """See what other drivers left, after a check of whether this one may go on."""
        self.interrupts.check()
        self.driver.check()
        if self.driver.others_ended():
            self.recovery.look()
        self.recovery.poll()

    def _has_work(self) -> bool:
        """Begin what can be begun; return whether anything is under way, here or in another driver."""
        self.look()
        self._fill()
        under_way = bool(self.jobs.in_flight) or self.begins_soon
        return under_way or self._others_work() or self.recovery.redo_loaded()

    def _fill(self) -> None:
        # jobs are counted, not open trials: other seeds of a failed trial may still be training
        while not self._full and (job := self.next_job()) is not None:
            self.jobs.submit(job)

    @property
    def begins_soon(self) -> bool:
        """Whether a training may begin soon: when the disk has room, or an earlier driver's worker ends."""
        return self._lacks_room or self.recovery.awaited > 0

    @property
    def _full(self) -> bool:
        """Whether every place trains, a worker of an earlier driver included, which slows others down."""
        return self.jobs.in_flight + self.recovery.awaited >= self.executor.capacity

    def next_job(self) -> TrainingJob | None:
        """Begin the next training, and return its job; None if there is none to begin at present."""
        self._lacks_room = False
        while True:
            for trial in self.results.open.values():
                if trial.waiting:
                    if not self._has_room():
                        return None
                    key = self.store.start_attempt(self.spec.study, trial.number, trial.next_seed())
                    return self._job(trial, Begun(key, self.store.attempt_folder(key)))
            if not self.recovery.claim_next():
                return None if self.confirmation else self._new_job() or self._continued_job()
            if self._full:
                return None

    def _has_room(self) -> bool:
        self._lacks_room = not self.results.room.found()
        return not self._lacks_room

    def _new_job(self) -> TrainingJob | None:
        """Begin a new trial, if the study is to have more and its space has more."""
        known = self.results.known
        refused = False
        while not self.exhausted:
            # alone, this driver knows all; another one may come at any time, and then the claim knows
            if (self.driver.others or refused) and self.results.take_in():
                self.results.rank()
            if known.counted >= self.spec.trials or self._ends() or not self._has_room():
                return None
            found = self.proposals.next(self.claiming.unless_rejected)
            if found == "exhausted":
                self.exhausted = True
                every = "design" if self.proposals.planned else "point of the space"
                self.observer.notice(f"every {every} was tried: there is nothing more to train")
            elif found == "rejected":
                self.exhausted = True
                self.observer.notice(all_rejected(self.results.rejected))
            elif found == "full":
                refused = True
            else:
                proposal, begun = found
                trial = self._open(proposal)
                trial.next_seed()
                return self._job(trial, begun)
        return None

    def _ends(self) -> bool:
        return self.ending.reached(others=bool(self.driver.others))

    def _continued_job(self) -> TrainingJob | None:
        """Continue a stopped trial that the front makes promising again; no new trial is to begin."""
        waiting = self.results.known.stopped
        if waiting and self._ends():
            return None
        while waiting and (found := self.stopping.promising(waiting)) is not None and self._has_room():
            number, verdict = found
            if self.store.claim_stopped(self.spec.study, number):
                trial = self.recovery.reopened(number)
                key = self.store.start_attempt(self.spec.study, number, trial.next_seed())
                self.stopping.go_on(key, verdict)
                self.observer.trial_continued(number, verdict.reason)
                return self._job(trial, Begun(key, self.store.attempt_folder(key)))
            waiting.remove(number)
        return None

    def begin(
        self, choices: Mapping[str, Any], design: str | None, seed: int, folder: Path
    ) -> tuple[OpenTrial, Begun] | None:
        """Begin a trial with given choices, whose training with `seed` was measured in `folder`.

        Return None if the study has these choices.

        Raises:
            UsageError: the space or the fixed choices do not allow them.
        """

        def claim(proposal: Proposal) -> Begun | Refusal:
            # what was measured is taken in although the study may then have more trials than it is to have
            return self.claiming.claim(proposal, seed=seed, folder=folder, total=sys.maxsize)

        found = self.proposals.begin(choices, design, claim)
        return None if found is None else (self._open(found[0]), found[1])

    def _open(self, proposal: Proposal) -> OpenTrial:
        trial = OpenTrial(proposal.number, proposal.choices, proposal.design, deque(self.spec.seeds))
        self.results.open[trial.number] = trial
        return trial

    @property
    def _measured(self) -> tuple[str, ...]:
        """The quantities of the objectives, and of the study's bounds."""
        deciding = with_bounded(self.objectives, self.spec.requirements)
        return tuple(dict.fromkeys(one.quantity for one in deciding))

    def _job(self, trial: OpenTrial, begun: Begun) -> TrainingJob:
        key = begun.key
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
            folder=begun.folder,
            checkpoints=True,
            checkpoint_every=self.spec.checkpoint_every,
            keep_checkpoint=self.spec.keep_checkpoints,
            measure=self._measured,
            test=judged_at_once(TRAINERS.get(self.spec.trainer), self.spec, self.objectives),
            test_every_epoch=self.spec.test_every_epoch,
            origin=self.origin,
            tunings=self.tunings.kept,
            trainings=self.spec.trials * len(self.spec.seeds),
            stall_timeout=self.spec.stall_timeout,
            trial_timeout=self.spec.trial_timeout,
            exclusive=not self.spec.share_device and any(map(is_timed, self._measured)),
        )
        if key.seed not in trial.redone:  # the disturbed seconds of a shorter training would stay
            job = self.continuing.job(job)
        if (earlier := self.results.retries.begin(key, job.folder)) is not None:
            self.observer.training_resumed(job, earlier)
        elif job.continued_from and (shorter := self.continuing.begin(job)) is not None:
            self.observer.notice(
                f"trial {job.trial} goes on from trial {shorter} of study {self.continuing.source!r}"
            )
        spared = trial.finished or (trial.design is not None and not self.spec.stop_designs)
        self.stopping.begin(job, spared=spared)
        self.observer.trial_started(job, trial.design)
        told = forecast_of(self.forecaster, job.choices)
        self.observer.epochs_told(job, told.epochs, self.device)
        return job

    def _others_work(self) -> bool:
        """Return whether to wait for other drivers: their trials may fail, or they may end before them."""
        if self.confirmation is not None:
            return False
        if self.results.take_in():
            self.results.rank()
        if len(self.results.standing.table) >= self.spec.trials and not self.spec.more_repeats:
            return False
        if not self.store.others_at_work(self.spec.study, self.driver.token):
            # one may have ended just now, and this driver has not seen it
            if self.store.unowned(self.spec.study):
                self.recovery.look()
            self.recovery.add_seeds()
            return bool(self.recovery.claimable)
        if not self._waits:
            others = ", ".join(sorted(other.process for other in self.driver.others.values()))
            self.observer.notice(f"the last trials are trained by {others or 'another driver'}: waiting")
        self._waits = True
        return True

    def interrupt(self, reason: str | None = None) -> None:
        """End what runs here; all that was measured is stored, and the next run goes on."""
        self.jobs.abort()
        end_session(self.results.study)
        # if the storage itself failed, the next run finds the trials running
        steps: list[Callable[[], Any]] = [self.jobs.store_epochs]
        for number, trial in self.results.open.items():
            end = self.store.interrupt_attempts if trial.finished else self.store.interrupt_trial
            steps.append(partial(end, self.spec.study, number, reason))
        with suppress(UnavailableError), self.store.patience.of(_PARTING):
            for step in steps:
                try:
                    step()
                except UnavailableError:
                    raise
                except StorageError:
                    continue  # such a trial has just ended; the others are still to be marked

    def _leave_to_others(self) -> None:
        """Remove what this driver left of trials that others took over from it, and have ended meanwhile."""
        own = [number for number, trial in self.results.open.items() if not trial.finished]
        with suppress(StorageError), self.store.patience.of(_PARTING):
            for number in own:
                if self.store.trial(self.spec.study, number).state in ("finished", "failed"):
                    self.results.retries.end_waiting(number)
