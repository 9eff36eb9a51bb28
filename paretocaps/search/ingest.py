"""Takes into a study what was measured for it before its database was lost or replaced."""

from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paretocaps.errors import UsageError
from paretocaps.search.left_trainings import LeftTraining, read_left, unknown_folders
from paretocaps.search.open_trial import OpenTrial
from paretocaps.search.runner import Runner
from paretocaps.storage.artifacts import study_folder

BySeed = Mapping[int, LeftTraining]

_KNOWN = "whose choices and seed the study has"


def ingest(runner: Runner, designs: Sequence[str]) -> None:
    """Take in the measured trainings in the study's folder that its database lacks.

    They are those of the same study by name, identity and data (`Origin`). They become trials with new
    numbers, or fill seeds that trials with the same choices lack; a trial that lacks others then trains just
    these. The folders stay where they are, and the database refers to them. All that is left alone is named,
    in one notice for each reason.

    Args:
        runner: its open trials are those that earlier runs left.
        designs: the names of the study's designs, which the trials get that are trained alike.

    Raises:
        ParetocapsError: too many trials have failed.
    """
    if runner.origin is None:
        return
    root = study_folder(runner.store.artifacts, runner.spec.study)
    found = unknown_folders(root, runner.store.known_folders(runner.spec.study))
    if not found:
        return
    taking = _Taking(runner, runner.proposals.named_designs(designs))
    for folder in found:
        left = read_left(folder, runner.spec.study, runner.origin)
        if isinstance(left, str):
            taking.alone[left] += 1
        else:
            taking.add(left)
    taking.take()
    if taking.taken:
        what = f"{_trainings(taking.taken)} of this study that its database lacked"
        runner.observer.notice(f"taken in from {root}: {what}")
    for why, number in taking.alone.items():
        runner.observer.notice(f"left alone in {root}: {_trainings(number)} {why}")


@dataclass
class _Taking:
    """One ingestion: what was found, by training and seed, and how many trainings are taken or left alone."""

    runner: Runner
    names: Mapping[Hashable, str]
    found: dict[Hashable, dict[int, LeftTraining]] = field(default_factory=lambda: defaultdict(dict))
    alone: Counter[str] = field(default_factory=Counter)
    taken: int = 0

    def add(self, left: LeftTraining) -> None:
        """Add a training of the study, unless the study has no such seed or one like it was found before."""
        if left.job.seed not in self.runner.spec.seeds:
            self.alone["with seeds that the study does not have"] += 1
            return
        own = self.found[self.runner.proposals.designs.same.key(left.job.choices)]
        if own.setdefault(left.job.seed, left) is not left:
            self.alone[_KNOWN] += 1

    def take(self) -> None:
        """Take what was found: into the open trials with the same choices, else as new trials."""
        same = self.runner.proposals.designs.same
        open_trials = {same.key(trial.choices): trial for trial in self.runner.open.values()}
        for key, found in self.found.items():
            if key in open_trials:
                self._fill(open_trials[key], found)
            elif key in self.runner.proposals.seen:
                self.alone[_KNOWN] += len(found)
            else:
                self._begin(key, found)

    def _fill(self, trial: OpenTrial, found: BySeed) -> None:
        """Take the seeds that an open trial waits for."""
        wanted = {seed: left for seed, left in found.items() if seed in trial.waiting}
        self.alone.update({_KNOWN: len(found) - len(wanted)} if len(wanted) < len(found) else {})
        for seed in wanted:
            trial.waiting.remove(seed)
        self._store(trial, wanted)

    def _begin(self, key: Hashable, found: BySeed) -> None:
        """Take trainings of one set of choices as a new trial, if the study has room for what it lacks."""
        runner = self.runner
        missing = deque(seed for seed in runner.spec.seeds if seed not in found)
        under_way = sum(not trial.finished for trial in runner.open.values())
        if missing and len(runner.standing.table) + under_way >= runner.spec.trials:
            self.alone["of trials that lack other seeds, because the study has all its trials"] += len(found)
            return
        choices: dict[str, Any] = next(iter(found.values())).job.choices
        try:
            proposal = runner.proposals.begin(choices, self.names.get(key))
        except UsageError as error:
            self.alone[f"that the study does not sample ({error})"] += len(found)
            return
        trial = OpenTrial(proposal.number, proposal.choices, proposal.design, missing)
        runner.store.start_trial(runner.spec.study, trial.number, trial.choices, trial.design)
        runner.open[trial.number] = trial
        self._store(trial, found)

    def _store(self, trial: OpenTrial, found: BySeed) -> None:
        runner = self.runner
        for seed, left in found.items():
            key = runner.store.start_attempt(runner.spec.study, trial.number, seed, left.folder)
            failure = runner.store_measurement(key, left.measurement)
            self.taken += failure is None
            if trial.finished:
                runner.settle_seed(trial.number, seed, failure)
            elif failure is not None:
                runner.fail(trial.number, failure)
                return
        if not trial.finished:
            runner.resume(trial)
        elif trial.complete:
            del runner.open[trial.number]


def _trainings(number: int) -> str:
    return "1 training" if number == 1 else f"{number} trainings"
