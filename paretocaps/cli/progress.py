"""The state of a running study, collected from its events."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from paretocaps.cli.activity import Step
from paretocaps.cli.time_left import TimeLeft
from paretocaps.domain.beside_baseline import Baseline
from paretocaps.domain.ended_training import EndedTraining
from paretocaps.domain.forecast import EpochForecast
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.progress import STEP, WAITS
from paretocaps.domain.remaining import Remaining
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.wording import counted
from paretocaps.masking import masked
from paretocaps.report.beside_baseline import choices_beside
from paretocaps.report.tables import value_text
from paretocaps.search.observer import Observer

RECENT = 10


@dataclass(frozen=True)
class Training:
    """A running training: its job, a label of its trial, and its last finished epoch.

    `label` is the design's name, or the choices that differ from the trainer's defaults; `started` is the
    clock's time, `doing` what the training does since its last epoch, or what it waits for, and `within` the
    share of an epoch that its steps since then are.
    """

    job: TrainingJob
    label: str
    started: float
    last: EpochRecord | None = None
    best: float = 0.0
    doing: str = ""
    within: float = 0.0

    @property
    def epochs_done(self) -> int:
        """How many of its epochs are finished."""
        return self.last.epoch if self.last else 0


@dataclass(frozen=True)
class Line:
    """An event: its kind ("finished", "failed" or "notice"), its text, and the label of its trial."""

    kind: str
    text: str
    label: str = ""


class Progress(Observer):
    """Collects a study's events into what a view shows.

    Everything it holds is replaced, never changed in place, so that a view may read it from
    another thread. `lines` are the last events, `to_keep` all failures and notices, `base` the trainer's
    defaults and the study's fixed choices, which labels leave out, `seeds` the further trainings of finished
    trials. `finished` counts the trials that were stopped early, too, and `stopped` those of this run.

    Args:
        clock: returns seconds and never goes backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.spec: StudySpec | None = None
        self.front: FrontRecord | None = None
        self.within: FrontRecord | None = None
        self.step: Step | None = None
        self.running: Mapping[tuple[int, int], Training] = {}
        self.lines: tuple[Line, ...] = ()
        self.to_keep: tuple[Line, ...] = ()
        self.finished = 0
        self.failed = self.rejected = self.stopped = 0
        self.baseline = Baseline()
        self.remaining: Remaining | None = None
        self._opened_at = 0.0
        self.seeds_done = 0
        self.seeds = 0
        self._left = TimeLeft(clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed()

    def preparing(self, what: str, done: int, total: int) -> None:
        """Note how far a step of the driver is, until it ends or a training is heard of."""
        before = self.step or Step(what, done, total, self.clock())
        self.step = None if 0 < total <= done else before.then(what, done, total, self.clock())

    def opened(self, spec: StudySpec, finished: int) -> None:
        """Start counting."""
        self.spec, self.finished = spec, finished
        self.baseline = Baseline.of(spec.trainer, spec.fix)
        self._opened_at = self.clock()
        self.step = None

    def seeds_missing(self, trials: int, seeds: int) -> None:
        """Count the trainings, and note them."""
        self.seeds, self.seeds_done = seeds, 0
        of = counted(trials, "finished trial")
        self.notice(f"before new trials: {counted(seeds, 'further seed')} of {of}")

    def trial_started(self, job: TrainingJob, design: str | None) -> None:
        """Note a training; it replaces complete earlier replicates of its trial.

        One that was resumed has the epochs that were heard of it before.
        """
        training = self._training(job, design)
        before = self.running.get((job.trial, job.seed))
        if before is not None and before.job.attempt == job.attempt:
            training = replace(training, last=before.last, best=before.best)
        else:
            self._left.began((job.trial, job.seed))
        self.step = None
        kept = {
            key: training
            for key, training in self.running.items()
            if key[0] != job.trial or training.epochs_done < training.job.epochs
        }
        self.running = {**kept, (job.trial, job.seed): training}

    def epochs_told(self, job: TrainingJob, epochs: Sequence[EpochForecast], device: str) -> None:
        """Note what is told of the epochs of a training."""
        self._left.told((job.trial, job.seed), epochs, device)

    def training_resumed(self, job: TrainingJob, earlier: int) -> None:
        """Note that a training goes on."""
        super().training_resumed(job, earlier)
        key = (job.trial, job.seed)
        if key in self.running:
            self.running = {**self.running, key: replace(self.running[key], job=job)}

    def epoch(self, job: TrainingJob, record: EpochRecord) -> None:
        """Note how far a training is."""
        key = (job.trial, job.seed)
        training = self.running.get(key) or self._training(job, None)
        training = replace(training, last=record, best=max(training.best, record.acc), doing="", within=0.0)
        self.running = {**self.running, key: training}
        self._left.reached(key, record.epoch, job.epochs, took=record.seconds)

    def progress(self, job: TrainingJob, what: str, done: int, total: int) -> None:
        """Note what a training does; where it waits, note once for what."""
        key = (job.trial, job.seed)
        training = self.running.get(key) or self._training(job, None)
        doing = f"{what} {done:,} of {total:,}" if total > 1 else what
        if what.startswith(WAITS) and doing != training.doing:
            self.notice(f"trial {job.trial} {what}")
        if what.endswith(STEP) and total:
            training = replace(training, within=done / total)
            self._left.reached(key, training.epochs_done + 1, job.epochs, min(0.999, done / total))
        else:
            self._left.doing(key, what)
        self.running = {**self.running, key: replace(training, doing=doing)}

    def training_ended(self, training: EndedTraining) -> None:
        """Note that a training is complete."""
        self._left.training_ended((training.key.trial, training.key.seed))

    def trial_finished(self, trial: int, values: Mapping[str, float]) -> None:
        """Count a trial and note its values."""
        label = self._forget(trial, whole=True)
        self.finished += 1
        self._note("finished", f"trial {trial} finished: {self._values(values)}", label, self._of_trials)

    def trial_stopped(self, trial: int, reason: str) -> None:
        """Count a trial that was stopped early, and note why."""
        label = self._forget(trial)
        self.finished += 1
        self.stopped += 1
        self._note("finished", f"trial {trial} stopped {reason}", label, self._of_trials)

    def trial_continued(self, trial: int, reason: str) -> None:
        """Count a stopped trial as one that has not ended."""
        super().trial_continued(trial, reason)
        self.finished -= 1
        self.stopped = max(0, self.stopped - 1)

    def others_finished(self, trials: int) -> None:
        """Count trials of other drivers."""
        self.finished += trials

    def seed_finished(self, trial: int, seed: int, values: Mapping[str, float]) -> None:
        """Count a further training of a finished trial, and note the trial's means."""
        label = self._end_seed(trial, seed)
        of = f" [{self.seeds_done} of {counted(self.seeds, 'further seed')}]" * bool(self.seeds)
        self._note("finished", f"trial {trial} has seed {seed} too: {self._values(values)}", label, of)

    def seed_redone(self, trial: int, seed: int, values: Mapping[str, float], quieter: bool) -> None:
        """Note a training that was trained again, and the trial's means."""
        label = self._end_seed(trial, seed, further=False)
        what = "quieter: it has that training's times" if quieter else "not quieter: it keeps its times"
        self._note("finished", f"trial {trial} was trained again, {what}: {self._values(values)}", label)

    def seed_failed(self, trial: int, seed: int, reason: str) -> None:
        """Count a further training of a finished trial, and note why it failed."""
        label = self._end_seed(trial, seed)
        why = " ".join(reason.split())
        self._note("failed", f"trial {trial} keeps its values: its seed {seed} failed: {why}", label)

    def trial_rejected(self, trial: int, reason: str) -> None:
        """Count a trial that is not trained."""
        self.rejected += 1

    def trial_failed(self, trial: int, reason: str) -> None:
        """Count a failed trial and note why."""
        label = self._forget(trial)
        self.failed += 1
        self._note("failed", f"trial {trial} failed: {' '.join(reason.split())}", label)

    def remains(self, remaining: Remaining) -> None:
        """Keep what remains."""
        self.remaining = remaining

    def front_changed(self, front: FrontRecord) -> None:
        """Keep the new front."""
        self.front = front

    def answers_changed(self, answers: FrontRecord) -> None:
        """Keep the new front within the study's bounds."""
        self.within = answers

    def notice(self, message: str) -> None:
        """Note a message."""
        self._note("notice", message)

    @property
    def elapsed(self) -> float:
        """Seconds since the study was opened."""
        return self.clock() - self._opened_at

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the last trial ends, by the trainings so far (`TimeLeft`); None where unknown."""
        if self.spec is None:
            return None
        trials = self.spec.trials - self.finished
        if self.remaining is not None and self.remaining.budget is not None:
            trials = min(trials, self.remaining.trials)
        wanted = max(0, trials) * len(self.spec.seeds) + self.seeds - self.seeds_done
        return self._left.left(wanted)

    @property
    def shown(self) -> tuple[FrontMember, ...]:
        """The members of the front within the study's bounds, without its collapsed corner."""
        return () if self.answers is None else self.answers.members

    @property
    def missing(self) -> int:
        """The number of members of the front that miss the study's bounds."""
        bounds = self.spec.requirements if self.spec is not None else ()
        return sum(not all(bound.met(one.values) for bound in bounds) for one in self.front or ())

    @property
    def corner(self) -> int:
        """The number of members of the front that keep the bounds, but are in its collapsed corner."""
        return 0 if self.answers is None else len(self.answers.corner)

    @property
    def front_line(self) -> str:
        """A line on the front: how many members are within the study's bounds, and how many are not."""
        apart = "" if self.answers is None else self.answers.apart
        return front_line(self.spec, len(self.shown), self.missing, apart)

    @property
    def answers(self) -> FrontRecord | None:
        """The front within the study's bounds, with its collapsed corner apart; None before there is one."""
        if self.front is None or self.spec is None:
            return None
        bounds, front = self.spec.requirements, self.within
        if front is None:
            kept = tuple(m for m in self.front if all(bound.met(m.values) for bound in bounds))
            front = replace(self.front, members=kept)
        return replace(front, requirements=bounds, baseline=self.baseline).answers()

    def _training(self, job: TrainingJob, design: str | None) -> Training:
        return Training(job, design or choices_beside(job.choices, self.baseline), self.clock())

    def _values(self, values: Mapping[str, float]) -> str:
        objectives = parse_objectives(self.spec.objectives) if self.spec else ()
        return ", ".join(f"{o.name} {value_text(o, values.get(o.quantity))}" for o in objectives)

    def _forget(self, trial: int, *, whole: bool = False) -> str:
        labels = [training.label for key, training in self.running.items() if key[0] == trial]
        self.running = {key: training for key, training in self.running.items() if key[0] != trial}
        self._left.trial_ended(trial, whole=whole)
        return labels[0] if labels else ""

    def _end_seed(self, trial: int, seed: int, *, further: bool = True) -> str:
        training = self.running.get((trial, seed))
        self.running = {key: one for key, one in self.running.items() if key != (trial, seed)}
        self._left.seed_ended((trial, seed))
        self.seeds_done += further and self.seeds > 0  # else it was trained while no driver ran
        return training.label if training else ""

    @property
    def _of_trials(self) -> str:
        return f" [{self.finished} of {self.spec.trials}]" if self.spec else ""

    def _note(self, kind: str, text: str, label: str = "", so_far: str = "") -> None:
        """Note a line; `so_far` is how far the study is, for views that do not show that elsewhere."""
        line = Line(kind, masked(text), label)
        self.lines = (*self.lines, line)[-RECENT:]
        if kind != "finished":
            self.to_keep = (*self.to_keep, line)


def front_line(spec: StudySpec | None, shown: int, missing: int, apart: str = "") -> str:
    """Return a line on a front: how many members are within the study's bounds, miss them, or are `apart`."""
    bounds = " and ".join(map(str, spec.requirements)) if spec else ""
    miss = "misses it" if missing == 1 else "miss it"
    others = [apart] if apart else []
    if shown:
        others = [f"{missing} more {miss}"] * (missing > 0) + others
        front = f"front: {counted(shown, 'trial')}" + (f" with {bounds}" if bounds else "")
    elif missing:
        others = [f"{missing} {miss}", *others]
        front = f"front: no trial meets {bounds} yet"
    else:
        front = "front: no trial yet"
    return front + (f" ({', '.join(others)})" if others else "")
