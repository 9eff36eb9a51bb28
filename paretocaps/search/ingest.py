"""Takes into a study what was measured for it before its database was lost or replaced."""

from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.errors import UsageError
from paretocaps.search.left_trainings import LeftTraining, other_folders, read_left, unknown_folders
from paretocaps.search.runner import Runner
from paretocaps.storage.artifacts import study_folder

BySeed = Mapping[int, LeftTraining]

_KNOWN = "whose choices and seed the study has"


def ingest(runner: Runner) -> None:
    """Take in the measured trainings in the study's folder that its database lacks.

    They are those of the same study by name, identity and data (`Origin`). They become trials with new
    numbers, or fill seeds that trials with the same choices lack; a trial that lacks others then trains just
    these. The folders stay where they are, and the database refers to them. All that is left alone is named,
    in one notice for each reason. For a study without any trial the folders of other studies are looked
    through, too: files keep the folder of the name that a study had before it was renamed.

    Args:
        runner: has seen what earlier runs left; its proposals know the designs, whose names trials get.

    Raises:
        ParetocapsError: too many trials have failed.
    """
    study, root = runner.spec.study, study_folder(runner.store.artifacts, runner.spec.study)
    found = unknown_folders(root, lambda: runner.store.known_folders(study))
    if found:  # only then, as there may be many: those of a study that was renamed are its own
        found = unknown_folders(root, runner.store.all_folders)
    renamed = [] if runner.results.known.seen else other_folders(root, study, runner.store.all_folders)
    if not found and not renamed:
        return
    taking = _Taking(runner, runner.proposals.design_names)
    for folder in (*found, *renamed):
        left = read_left(folder, study, runner.origin)
        if isinstance(left, str):
            taking.alone[left] += 1
        else:
            taking.add(left)
    taking.take()
    if taking.taken:
        what = f"{_trainings(taking.taken)} of this study that its database lacked"
        runner.observer.notice(f"taken in from {root.parent if renamed else root}: {what}")
    for why, number in taking.alone.items():
        runner.observer.notice(f"left alone in {root}: {_trainings(number)} {why}")


@dataclass
class _Taking:
    """One ingestion: what was found, by training and seed, and how many trainings are taken or left alone.

    Seeds beyond the study's own are further ones, as `confirm` trains them. Of two trainings with one seed,
    the one that nothing disturbed is taken.
    """

    runner: Runner
    names: Mapping[Hashable, str]
    found: dict[Hashable, dict[int, LeftTraining]] = field(default_factory=lambda: defaultdict(dict))
    alone: Counter[str] = field(default_factory=Counter)
    taken: int = 0

    def add(self, left: LeftTraining) -> None:
        """Add a training of the study, unless one as good with its seed was found before."""
        own = self.found[self.runner.results.known.same.key(left.job.choices)]
        if (known := own.get(left.job.seed)) is not None:
            self.alone[_KNOWN] += 1
            if not known.measurement.device.loaded or left.measurement.device.loaded:
                return
        own[left.job.seed] = left

    def take(self) -> None:
        """Take what was found: into trials with the same choices that are to be completed, else as new."""
        runner, same = self.runner, self.runner.results.known.same
        left = set(runner.recovery.claimable)
        trials = runner.store.trials(runner.spec.study, attempts=False)
        lacking = {same.key(trial.choices): trial.number for trial in trials if trial.number in left}
        finished = {same.key(one.choices): one.number for one in trials if one.state == "finished"}
        for key, found in self.found.items():
            if key in lacking:
                self._fill(lacking[key], found)
            elif key in finished:
                self._add_seeds(finished[key], found)
            elif key in runner.results.known.seen:
                self.alone[_KNOWN] += len(found)
            else:
                self._begin(key, found)

    def _fill(self, number: int, found: BySeed) -> None:
        """Take the seeds that a trial waits for, if this driver can have the trial."""
        self.runner.recovery.claim(number)
        trial = self.runner.results.open.get(number)
        wanted = {seed: left for seed, left in found.items() if trial and seed in trial.waiting}
        self.alone.update({_KNOWN: len(found) - len(wanted)} if len(wanted) < len(found) else {})
        for seed, left in wanted.items():
            assert trial is not None
            trial.waiting.remove(seed)
            trial.running.add(seed)
            self._store(
                self.runner.store.start_attempt(self.runner.spec.study, number, seed, left.folder), left
            )

    def _add_seeds(self, number: int, found: BySeed) -> None:
        """Take the seeds that a finished trial lacks."""
        runner = self.runner
        measured = runner.store.trial(runner.spec.study, number).measured
        for seed, left in found.items():
            if seed in measured:
                self.alone[_KNOWN] += 1
            else:
                attempt = runner.store.start_attempt(runner.spec.study, number, seed, left.folder)
                self._store(attempt, left)

    def _begin(self, key: Hashable, found: BySeed) -> None:
        """Take trainings of one set of choices as a new trial, if the study has room for what it lacks."""
        runner = self.runner
        missing = deque(seed for seed in runner.spec.seeds if seed not in found)
        runner.results.take_in()
        if missing and runner.results.known.counted >= runner.spec.trials:
            self.alone["of trials that lack other seeds, because the study has all its trials"] += len(found)
            return
        first, *others = sorted(found.items())  # the study's own seeds before further ones
        seed, left = first
        if seed not in runner.spec.seeds:
            self.alone["with further seeds, of trials that lack the first"] += len(found)
            return
        choices: dict[str, Any] = left.job.choices
        try:
            begun = runner.begin(choices, self.names.get(key), seed, left.folder)
        except UsageError as error:
            self.alone[f"that the study does not sample ({error})"] += len(found)
            return
        if begun is None:
            self.alone[_KNOWN] += len(found)
            return
        trial, (attempt, _) = begun
        trial.waiting, trial.running = missing, set(found)
        self._store(attempt, left)
        for seed, left in others:
            key_of = runner.store.start_attempt(runner.spec.study, trial.number, seed, left.folder)
            self._store(key_of, left)

    def _store(self, key: AttemptKey, left: LeftTraining) -> None:
        self.taken += self.runner.results.settle(key, None, left.measurement) is None


def _trainings(number: int) -> str:
    return "1 training" if number == 1 else f"{number} trainings"
