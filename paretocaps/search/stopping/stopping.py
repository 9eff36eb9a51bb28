"""Answers after each epoch whether a training goes on, and stores each decision before it is acted upon."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.course import Course
from paretocaps.domain.effect import Facts
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import CPU_TIME, EpochRecord, Measurement
from paretocaps.domain.objective import Objective
from paretocaps.domain.quantities.quantities import value_of
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TrainerSpec
from paretocaps.errors import UnavailableError
from paretocaps.search.stopping.curves import Curves, Training
from paretocaps.search.stopping.never import Never
from paretocaps.search.stopping.seen import point_of, seen
from paretocaps.search.stopping.stopper import STOPPERS, Stopper, Verdict
from paretocaps.search.stopping.told import told
from paretocaps.storage.decisions import Answer, Decision
from paretocaps.storage.records import TrialRecord
from paretocaps.storage.store import Store

_SIZES = ("params", "macs")
"""What an epoch tells of a training's final quantities, if its trainer does."""


@dataclass
class _Begun:
    """A training in progress; it may not be stopped where it is `spared`."""

    course: Course
    spared: bool
    records: list[EpochRecord] = field(default_factory=list)


@dataclass
class Stopping:
    """The early stopping of one study, by its rule `stop_early`.

    A trial is judged by its first seed; where that is stopped, its other seeds are, too. What was decided
    after an epoch of a trial holds for all attempts at it, in this run and in later ones, until the trial is
    continued. Trials that break a stated bound beat none. Where an objective does not compare across devices,
    trainings are judged among those of one: that of the driver's last training that has ended, or before one
    has, that of all trials, if it is one. A driver whose devices differ thus judges by the last of them.

    Args:
        spec, objectives, trainer, facts: the study.
        store: has the curves and decisions of earlier runs, and gets the decisions of this one.

    Attributes:
        remarks: a line that says why nothing is stopped, where the rule cannot judge.
    """

    spec: StudySpec
    objectives: Sequence[Objective]
    trainer: TrainerSpec
    facts: Facts
    store: Store
    remarks: tuple[str, ...] = ()
    _rule: Stopper = field(init=False)
    _curves: Curves = field(default_factory=Curves)
    _begun: dict[AttemptKey, _Begun] = field(default_factory=dict)
    _latest: dict[int, Training] = field(default_factory=dict)
    _decided: dict[int, dict[int, Decision]] = field(default_factory=dict)
    _ran_on: dict[int, str] = field(default_factory=dict)
    _machine: str | None = None
    _breaking: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        rule = STOPPERS.get(self.spec.stop_early)
        if why_not := rule.why_not(self.objectives) or self._unmeasured(rule):
            self.remarks = (f"--stop-early {self.spec.stop_early} stops nothing here: {why_not}",)
        self._rule = (Never if why_not else rule)(self.objectives)
        for decision in self.store.decisions(self.spec.study):
            self._keep(decision)
        if self._acts:
            self._read(self.store.trials(self.spec.study), None)

    def _unmeasured(self, rule: type[Stopper]) -> str:
        several = self.spec.ranks > 1 and any(one.quantity == CPU_TIME for one in self.objectives)
        return "epochs on several ranks do not show cpu_time" if several and rule is not Never else ""

    @property
    def _acts(self) -> bool:
        """Whether trainings may be stopped, or continued where they were."""
        return bool(self._decided) or not isinstance(self._rule, Never)

    def begin(self, job: TrainingJob, *, spared: bool) -> None:
        """Note a training that begins; it is not stopped where it is `spared`, as designs mostly are.

        What another driver has decided of earlier attempts since this one began is read.
        """
        if self._acts:
            for decision in self.store.decisions(job.study, job.trial) if job.attempt > 1 else ():
                self._keep(decision)
            self._begun[job.key] = _Begun(self._course(job.choices), spared)

    def answer(self, job: TrainingJob, record: EpochRecord, *, reachable: bool) -> bool:
        """Return whether a training goes on after an epoch.

        Where the decision cannot be stored at once, or the database is not `reachable`, none is made: the
        training goes on.
        """
        begun = self._begun.get(job.key)
        if begun is None:
            return True
        begun.records = [*(one for one in begun.records if one.epoch < record.epoch), record]
        first = job.seed == self.spec.seed
        training = self._note(job.trial, begun.course, begun.records) if first else None
        if begun.spared or (first and record.epoch <= self._continued_at(job.trial)):
            return True
        if first and (before := self._decided.get(job.trial, {}).get(record.epoch)) is not None:
            return before.verdict != "stop"
        if not first:
            verdict = self._of_trial(job.trial)
        elif training is not None:
            verdict = self._rule.verdict(training, self._among(self._own_machine, job.trial))
        else:
            verdict = None
        if verdict is None or record.epoch >= job.epochs or not reachable:
            return True
        return self._decide(job.key, record.epoch, verdict)

    def stopped(self, key: AttemptKey, measurement: Measurement) -> Decision | None:
        """Return the decision that a training was ended by; None if it trained to its own end.

        It is the latest one that it had come to: a training that goes on from a checkpoint is told of what
        was decided before, and may have more epochs by then.
        """
        if self._begun.pop(key, None) is not None:
            self._machine = measurement.device.machine
        last = measurement.epochs[-1].epoch if measurement.epochs else self.spec.epochs - 1
        if last == self.spec.epochs:
            return None
        if key.seed != self.spec.seed and self._of_trial(key.trial) is None:
            return None  # what an earlier attempt of it was told no longer holds: the trial went on
        found = self.store.decisions(key.study, key.trial)
        by_epoch = {one.epoch: one for one in found if one.key.seed == key.seed and one.epoch <= last}
        one = by_epoch.get(max(by_epoch, default=0))
        return replace(one, key=key) if one is not None and one.verdict == "stop" else None

    def take_in(self, numbers: Collection[int]) -> None:
        """Take in trials that have ended, also those of other drivers."""
        if self._acts:
            for number in numbers:
                for decision in self.store.decisions(self.spec.study, number):
                    self._keep(decision)
            self._read([self.store.trial(self.spec.study, number) for number in numbers], numbers)

    def promising(self, numbers: Sequence[int]) -> tuple[int, Verdict] | None:
        """Return the first of the stopped trials `numbers` that is promising again, and why."""
        for number in numbers:
            training = self._latest.get(number)
            if training is None or not (training.point or isinstance(self._rule, Never)):
                continue
            among = self._among(self._ran_on.get(number), number)
            if (found := self._rule.promising(training, among)) is not None:
                return number, found
        return None

    def go_on(self, key: AttemptKey, verdict: Verdict) -> None:
        """Store that an attempt continues a stopped trial, before it begins."""
        epoch = self._latest[key.trial].epoch
        decision = Decision(key, epoch, self.spec.stop_early, "continue", verdict.reason, verdict.seen)
        self._keep(self.store.decide(decision))

    def was_continued(self, number: int) -> bool:
        """Return whether a trial was stopped and continued."""
        return any(one.verdict == "continue" for one in self._decided.get(number, {}).values())

    def told(self, number: int) -> list[float] | None:
        """Return the values that Optuna is told of a stopped trial; None to tell it that it was pruned."""
        if number not in self._latest or not self._latest[number].point:
            return None
        return told(self._latest[number], self._among(self._ran_on.get(number), number), self.objectives)

    @property
    def _own_machine(self) -> str | None:
        """The machine of this driver, as far as it is known."""
        present = set(self._ran_on.values())
        return self._machine or (min(present) if len(present) == 1 else None)

    def _among(self, machine: str | None, own: int) -> Curves:
        """Return the curves among which a training of the trial `own` on a machine is judged."""
        left_out = set(self._breaking)
        if any(objective.device_bound for objective in self.objectives):
            left_out |= {number for number, other in self._ran_on.items() if other != machine}
        left_out.discard(own)
        return self._curves.without(left_out) if left_out else self._curves

    def _continued_at(self, number: int) -> int:
        """Return the epoch from which a stopped trial was continued last; 0 if it was not."""
        decided = self._decided.get(number, {})
        return max((epoch for epoch, one in decided.items() if one.verdict == "continue"), default=0)

    def _of_trial(self, number: int) -> Verdict | None:
        """Return the verdict on the further seeds of a trial, which end when its first one is stopped."""
        decided = self._decided.get(number)
        if not decided or decided[max(decided)].verdict != "stop":
            return None
        return Verdict(False, f"seed {self.spec.seed} of its trial was stopped")

    def _decide(self, key: AttemptKey, epoch: int, verdict: Verdict) -> bool:
        answer: Answer = "go on" if verdict.goes_on else "stop"
        decision = Decision(key, epoch, self.spec.stop_early, answer, verdict.reason, verdict.seen)
        with suppress(UnavailableError), self.store.patience.of(0):
            decision = self.store.decide(decision)
            self._keep(decision)
            return decision.verdict != "stop"
        return True

    def _keep(self, decision: Decision) -> None:
        """Remember what was decided of a trial's first seed; an attempt that continues it decides anew."""
        if decision.key.seed == self.spec.seed:
            known = self._decided.setdefault(decision.key.trial, {})
            if decision.epoch not in known or known[decision.epoch].key.attempt < decision.key.attempt:
                known[decision.epoch] = decision

    def _course(self, choices: Mapping[str, Any]) -> Course:
        return self.trainer.course_of(choices, self.spec.epochs, self.facts)

    def _note(self, number: int, course: Course, records: Sequence[EpochRecord]) -> Training | None:
        """Take in what the epochs of a training are worth so far; return None if they have no value yet."""
        point = seen(records, self.objectives)
        training = Training(number, course, records[-1].epoch, self.spec.epochs, point or ())
        self._latest[number] = training
        if number not in self._curves.finals:
            sizes = {name: getattr(records[-1], name) or None for name in _SIZES}
            self._note_breaking(number, sizes.get)
        if point is None:
            return None
        self._curves.note(training)
        return training

    def _read(self, trials: Sequence[TrialRecord], numbers: Collection[int] | None) -> None:
        """Take in the curves of trials, those with `numbers` or all, and what the finished ones are worth."""
        found = self.store.curves(self.spec.study, self.spec.seed, numbers)
        for trial in trials:
            records, course = found.get(trial.number, []), self._course(trial.choices)
            for count in range(1, len(records) + 1):
                self._note(trial.number, course, records[:count])
            done = trial.measured.get(self.spec.seed)
            if done is None or done.measurement is None:
                continue
            measured = done.measurement.model_copy(update={"epochs": tuple(records)})
            self._ran_on[trial.number] = measured.device.machine
            if trial.state != "finished":
                continue
            self._note_breaking(trial.number, partial(value_of, measured))
            if (point := point_of(measured, self.objectives)) is not None:
                self._curves.finish(trial.number, point)

    def _note_breaking(self, number: int, value: Callable[[str], float | None]) -> None:
        """Note whether a known value breaks a stated bound; `value` gives that of a quantity."""
        known = ((bound, value(bound.objective.quantity)) for bound in self.spec.stated)
        if any(found is not None and not bound.kept_by(found) for bound, found in known):
            self._breaking.add(number)
        else:
            self._breaking.discard(number)
