"""What a driver knows of all trials of its study: its own, and those of drivers that run at the same time."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field

from paretocaps.search.same_training import SameTraining
from paretocaps.storage.changes import TrialState
from paretocaps.storage.records import State
from paretocaps.storage.store import Store


@dataclass
class KnownTrials:
    """The states of a study's trials, and what they train; it is read whole once, then what has changed.

    Args:
        store: where the trials are.
        study: the name of the study.
        same: tells trainings apart.

    Attributes:
        change: the change of the study up to which they were read.
        states: the states of the trials by number.
        counts: how many trials are in each state.
        seen: the keys of the trainings that are not to be proposed: all that neither have failed nor were
            rejected, and those that have or were since the first reading.
        tried: the failed and the rejected trials at the first reading, by the key of their training: a
            sequence, which would come to all of them first, and in a row, passes over them.
        failed: how many trials had failed at the first reading, by the digest of their training.
        designs: how many trials there were of each design at the first reading.
        again: the designs of failed trials that may succeed if they are tried again.
    """

    store: Store
    study: str
    same: SameTraining
    change: int | None = None
    states: dict[int, State] = field(default_factory=dict)
    counts: Counter[State] = field(default_factory=Counter)
    seen: set[Hashable] = field(default_factory=set)
    tried: dict[Hashable, int] = field(default_factory=dict)
    failed: Counter[str] = field(default_factory=Counter)
    designs: Counter[str] = field(default_factory=Counter)
    again: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.change, trials = self.store.changes(self.study)
        digests = {trial.number: self.same.digest(trial.choices) for trial in trials}
        for trial in trials:
            self._note(trial)
            if trial.state == "failed":
                self.failed[digests[trial.number]] += 1
            if trial.state in ("failed", "rejected"):
                self.tried[self.same.key(trial.choices)] = trial.number
            else:
                self.seen.add(self.same.key(trial.choices))
            if trial.design is not None:
                self.designs[trial.design] += 1
                if trial.may_pass:
                    self.again.add(trial.design)
        # an older version stored no digests, or others
        other = {trial.number: digests[trial.number] for trial in trials if trial.training is None}
        other |= {one.number: digests[one.number] for one in trials if one.training != digests[one.number]}
        if other:
            self.store.record_trainings(self.study, other)

    @property
    def counted(self) -> int:
        """How many trials count as those that the study is to have: all but the failed and rejected ones."""
        return self.counts.total() - self.counts["failed"] - self.counts["rejected"]

    @property
    def ended(self) -> int:
        """How many trials are finished or stopped early."""
        return self.counts["finished"] + self.counts["stopped"]

    @property
    def stopped(self) -> list[int]:
        """The numbers of the trials that are stopped early, in order."""
        return [number for number, state in sorted(self.states.items()) if state == "stopped"]

    def note_rejected(self, number: int) -> None:
        """Note a trial that this driver has just rejected; `update` reads it, too."""
        self.states[number] = "rejected"
        self.counts["rejected"] += 1

    def update(self) -> list[TrialState]:
        """Read the trials that have changed since the last reading, and return them."""
        self.change, changed = self.store.changes(self.study, self.change)
        for trial in changed:
            self._note(trial)
            self.seen.add(self.same.key(trial.choices))
        return changed

    def _note(self, trial: TrialState) -> None:
        if trial.number in self.states:
            self.counts[self.states[trial.number]] -= 1
        self.states[trial.number] = trial.state
        self.counts[trial.state] += 1
