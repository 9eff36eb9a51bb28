"""Takes over what other drivers, or an earlier run, left: open trials, results, and seeds to be trained."""

from collections import deque
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field

from optuna.trial import TrialState

from paretocaps.domain.failure import Failure
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.wording import trials_text
from paretocaps.host import host_name
from paretocaps.run_folder import RunFolder
from paretocaps.search.driver import Driver, runs_here
from paretocaps.search.left_worker import LeftWorker
from paretocaps.search.open_trial import OpenTrial
from paretocaps.search.ranking import front_trials
from paretocaps.search.redoing import Redoing, left_over
from paretocaps.search.results import Results
from paretocaps.storage.records import AttemptRecord, State, TrialRecord


@dataclass
class Recovery:
    """Claims trials that no living driver owns, one at a time, so that drivers share them.

    If a worker of an earlier driver still trains, its measurement is waited for. A training that was cut off
    is repeated, as a further attempt of the same trial and seed.

    Args:
        results: takes in what was measured, and has the open trials.
        driver: claims the trials.
    """

    results: Results
    driver: Driver
    _unowned: deque[int] = field(default_factory=deque)
    _lacking: deque[int] = field(default_factory=deque)
    _complete: set[int] = field(default_factory=set)
    _loaded: deque[int] = field(default_factory=deque)
    _redone: set[int] = field(default_factory=set)
    redoing: Redoing = field(init=False)

    def __post_init__(self) -> None:
        results = self.results
        self.redoing = Redoing(results.spec, results.objectives, results.store, results.standing)

    def look(self) -> None:
        """See which trials are to be taken over, and tell Optuna of those that a driver could not.

        Where no other driver lives, Optuna's trials that run without being ours are ended, too: a driver was
        cut off between Optuna's transaction and ours.
        """
        results = self.results
        running = results.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        # one that starts registers before it asks Optuna for a trial: what runs is not of any that come later
        alone = self.driver.look() and not self.driver.others
        results.take_in()  # only now: what runs has been claimed by a driver that has ended, or never is
        for number in (trial.number for trial in running):
            state = results.known.states.get(number)
            if state == "finished":
                results.tell(number)
            elif state == "rejected":
                results.tell_rejected(number)
            elif state == "stopped":
                results.tell_stopped(number)
            elif alone and state in (None, "failed"):
                results.tell_failed(number)
        results.give_up_told()
        self._unowned = deque(results.store.unowned(results.spec.study))

    @property
    def claimable(self) -> tuple[int, ...]:
        """The numbers of the trials that are to be taken over, to get further seeds, or trained again."""
        return *self._unowned, *self._lacking, *self._loaded

    def claim_next(self) -> bool:
        """Take over a trial; return whether there was another one to try."""
        if not self.claimable:
            return False
        self.claim((self._unowned or self._lacking or self._loaded).popleft())
        return True

    def claim(self, number: int) -> bool:
        """Take over a trial, unless another driver did; return whether this driver has it."""
        store, study = self.results.store, self.results.spec.study
        if number not in self.results.open:
            if store.claim(study, number):
                self._take_over(store.trial(study, number))
            else:
                self._complete.discard(number)  # another driver has it now: it may lack seeds afterwards
        return number in self.results.open

    def reopened(self, number: int) -> OpenTrial:
        """Return a stopped trial that this driver has claimed, with the seeds that it lacks."""
        trial = self.results.store.trial(self.results.spec.study, number)
        seeds = deque(self._unfinished(trial))
        self.results.open[number] = OpenTrial(number, dict(trial.choices), trial.design, seeds)
        return self.results.open[number]

    def poll(self) -> None:
        """Take in what workers of earlier drivers have finished by now.

        Raises:
            ParetocapsError: too many trials have failed.
        """
        for trial in list(self.results.open.values()):
            for seed, worker in list(trial.left.items()):
                if worker.has_ended():
                    del trial.left[seed]
                    self._take_in(trial, worker.attempt, worker.failure)

    @property
    def awaited(self) -> int:
        """How many workers of earlier drivers are waited for."""
        return sum(len(trial.left) for trial in self.results.open.values())

    def add_seeds(self) -> None:
        """Note the finished trials that lack seeds, where the study has been given more repeats.

        Those on the front come first. Trials that Optuna does not know get no further seeds. A seed that
        failed is trained again only if that may succeed. Further calls look at those that other drivers have
        finished since, which may train fewer seeds.
        """
        results = self.results
        finished_now = {number for number, state in results.known.states.items() if state == "finished"}
        new = finished_now - self._complete - results.finished if results.spec.more_repeats else set()
        if not new:
            return
        self._complete |= new
        own = {trial.number for trial in results.study.get_trials(deepcopy=False)}
        best = front_trials(results.standing.table, results.objectives)
        finished: tuple[State, ...] = ("finished",)
        trials = results.store.trials(results.spec.study, finished)
        lacking = {one.number: len(self._missing(one)) for one in trials if one.number in own & new}
        lacking = {number: seeds for number, seeds in lacking.items() if seeds}
        if lacking:
            results.observer.seeds_missing(len(lacking), sum(lacking.values()))
        self._lacking = deque(sorted(lacking, key=lambda number: (number not in best, number)))

    def redo_loaded(self) -> bool:
        """Note the members of the front that are to be trained again; return whether there are any.

        Trials that Optuna does not know are not.
        """
        members = self.redoing.members()
        own = {trial.number for trial in self.results.study.get_trials(deepcopy=False)} if members else set()
        self._loaded = deque(number for number in members if number in own)
        new = [number for number in self._loaded if number not in self._redone]
        if new:
            why = "something disturbed the device"
            self.results.observer.notice(f"trained again, because {why}: {trials_text(new)}")
        self._redone |= set(new)
        return bool(self._loaded)

    def _take_over(self, trial: TrialRecord) -> None:
        results = self.results
        if trial.state == "failed":
            _forget_checkpoints(trial, ())
            results.tell_failed(trial.number)
            return
        if trial.state == "rejected":
            results.tell_rejected(trial.number)
            return
        if trial.state == "stopped":
            results.tell_stopped(trial.number)
            results.give_up_told()
            return
        if trial.state == "finished":
            results.take_in()
            results.tell(trial.number)  # if its driver ended before it did
        if (reason := self._stopped(trial)) is not None:
            results.stop(trial.number, reason)
            return
        seeds = self._missing(trial, notify=False) if trial.state == "finished" else self._unfinished(trial)
        begun = self._begun_or_redone(trial)
        seeds += [seed for seed in begun if seed not in seeds]
        if not results.spec.keep_checkpoints:
            _forget_checkpoints(trial, seeds)
        latest = {attempt.key.seed: attempt for attempt in trial.attempts} | begun
        open_trial = OpenTrial(
            trial.number,
            dict(trial.choices),
            trial.design,
            deque(),
            running=set(seeds),
            finished=trial.state == "finished",
            redone=frozenset(begun) & trial.measured.keys(),
        )
        if not seeds and open_trial.finished:
            results.rank()
            return
        results.open[trial.number] = open_trial
        if not seeds:
            results.complete(open_trial)
        for seed in seeds:
            if results.open.get(trial.number) is not open_trial:  # another seed had failed
                return
            self._go_on(open_trial, seed, latest.get(seed))

    def _stopped(self, trial: TrialRecord) -> str | None:
        """Return why an open trial was stopped early, where its driver was cut off before it could end it."""
        own = [attempt for attempt in trial.attempts if attempt.key.seed == self.results.spec.seed]
        ended = trial.state != "finished" and own and own[-1].state == "stopped"
        return own[-1].reason or "" if ended else None

    def _begun_or_redone(self, trial: TrialRecord) -> dict[int, AttemptRecord | None]:
        """Return a finished trial's cut-off seeds, with their attempts, and those to be trained again."""
        if trial.state != "finished":
            return {}
        begun, wanted = left_over(trial), self.redoing.seeds(trial) if trial.number in self._redone else []
        return {seed: begun.get(seed) for seed in (*begun, *wanted)}

    def _go_on(self, trial: OpenTrial, seed: int, attempt: AttemptRecord | None) -> None:
        """Let a seed of a trial wait for its training, or for the worker that still trains it."""
        if attempt is None:
            trial.running.discard(seed)
            trial.waiting.append(seed)
            return
        folder = _folder(attempt)
        pid = None if folder is None else folder.process()
        if folder is None or pid is None:
            self._take_in(trial, attempt)
            return
        spec = self.results.spec
        worker = LeftWorker(attempt, folder, spec.stall_timeout, spec.trial_timeout)
        if runs_here(attempt.driver):  # its driver has lost its rights and is stopped: it gets no answers
            worker.end()
            self._take_in(trial, attempt)
            return
        trial.left[seed] = worker
        where = "" if attempt.host in (None, host_name()) else f" on {attempt.host}"
        self.results.observer.notice(
            f"process {pid}{where} is still training trial {trial.number}: waiting for it"
        )

    def _take_in(self, trial: OpenTrial, attempt: AttemptRecord, ended: Failure | None = None) -> None:
        """Settle the result that an attempt left, or why it was `ended`; else its seed is trained again."""
        results, folder, seed = self.results, _folder(attempt), attempt.key.seed
        left = _left(attempt) or ended
        if isinstance(left, Measurement) and self._has_gone_on(attempt, left):
            trial.running.discard(seed)
            trial.waiting.append(seed)
            return
        if left is None or (trial.finished and attempt.state == "failed"):
            if left is None:
                if attempt.elsewhere is not None:
                    results.observer.notice(_out_of_reach(attempt, attempt.elsewhere))
                why = attempt.reason or "interrupted before it was measured"
                interrupted = Failure(why, may_pass=True)
                results.store.fail_attempt(attempt.key, interrupted)
            trial.running.discard(seed)
            trial.waiting.append(seed)
            return
        if isinstance(left, Measurement):
            results.observer.notice(f"trial {trial.number} was measured while no driver ran: it is stored")
        results.settle(attempt.key, folder, left)

    def _has_gone_on(self, attempt: AttemptRecord, left: Measurement) -> bool:
        """Return whether an attempt was stopped early by what holds no more, as its trial has gone on."""
        folder = _folder(attempt)
        stopped = attempt.state == "stopped" or (folder is not None and folder.stopped_file.exists())
        return stopped and self.results.stopping.stopped(attempt.key, left) is None

    def _unfinished(self, trial: TrialRecord) -> list[int]:
        done = {attempt.key.seed for attempt in trial.attempts if attempt.state == "finished"}
        return [seed for seed in self.results.spec.seeds if seed not in done]

    def _missing(self, trial: TrialRecord, *, notify: bool = True) -> list[int]:
        """Return the seeds that a finished trial lacks, except for those that failed for good."""
        latest = {attempt.key.seed: attempt for attempt in trial.attempts}
        missing = []
        for seed in self._unfinished(trial):
            attempt = latest.get(seed)
            if attempt is None or attempt.state != "failed" or _may_pass(attempt):
                missing.append(seed)
            elif notify:
                self.results.observer.notice(
                    f"trial {trial.number} has no seed {seed}, which failed: {attempt.reason}"
                )
        return missing


def _out_of_reach(attempt: AttemptRecord, host: str) -> str:
    return (
        f"trial {attempt.key.trial} begins again: what attempt {attempt.key.attempt} left is on host {host};"
        " a study with --artifacts on shared storage goes on from checkpoints of other machines"
    )


def _folder(attempt: AttemptRecord) -> RunFolder | None:
    return None if attempt.folder is None else RunFolder(attempt.folder)


def _left(attempt: AttemptRecord) -> Measurement | Failure | None:
    """Return how an attempt ended, as the store or its folder says; None if it was cut off."""
    if attempt.state == "failed" and attempt.may_pass is not None:
        return Failure(attempt.reason or "", attempt.may_pass)
    folder = _folder(attempt)
    return None if folder is None else folder.recover()


def _may_pass(attempt: AttemptRecord) -> bool:
    """Return whether a failed attempt may succeed if it is tried again, as after a worker was killed."""
    left = _left(attempt)
    return left is None or (isinstance(left, Failure) and left.may_pass)


def _forget_checkpoints(trial: TrialRecord, going_on: Collection[int]) -> None:
    """Remove the checkpoints of seeds that do not go on, where their driver died before it did."""
    for attempt in trial.attempts:
        folder = _folder(attempt)
        if folder is not None and attempt.key.seed not in going_on and folder.process() is None:
            with suppress(OSError):  # who may not remove them leaves them
                folder.forget_checkpoints()
