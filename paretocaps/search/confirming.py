"""Trains further seeds of a front's members and near-members, where they decide who is a member."""

import math
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from paretocaps.domain.duration import duration_text
from paretocaps.domain.study_spec import SEEDS, StudySpec
from paretocaps.pareto.replicates import worth
from paretocaps.search.membership import Contest, contest
from paretocaps.search.recovery import Recovery
from paretocaps.search.redoing import left_over
from paretocaps.storage.further_seeds import FurtherSeed
from paretocaps.storage.records import TrialRecord
from paretocaps.storage.store import Store

MOST_SEEDS = 10
"""Seeds of one trial, beyond which members that are level stay so."""
_MOMENT = 1e-3  # s, of a training that takes no time


@dataclass(frozen=True)
class SeedBudget:
    """What further seeds may take.

    Attributes:
        seconds: of all trainings with further seeds in the study, those of earlier runs included.
        most: the most seeds of one trial.
    """

    seconds: float
    most: int = MOST_SEEDS


@dataclass
class Confirmation(Recovery):
    """Claims finished trials, one seed after another: the one that tells most about the front per second.

    Every trial gets the same seeds in the same order, those that all trials of the study have first. Seeds
    that a driver before this one began, and did not finish, are finished first. Several drivers share the
    budget: each counts what the others train.

    Args:
        budget: what it may take.

    Attributes:
        why: why it ended; empty while it has not.
    """

    budget: SeedBudget = SeedBudget(math.inf)
    why: str = ""
    _wanted: dict[int, int] = field(default_factory=dict)
    _begun: set[tuple[int, int]] = field(default_factory=set)

    @property
    def _filled(self) -> set[tuple[int, int]]:
        """The trials and seeds of this run that `--more-repeats` asked for and never trained."""
        return {(number, seed) for number, seed in self._begun if seed in self.results.spec.seeds}

    @property
    def filled(self) -> dict[tuple[int, int], float]:
        """The seconds of those of them that were measured, by trial and seed."""
        trials = self.results.store.trials_by_number(self.results.spec.study, {n for n, _ in self._filled})
        measured = {key: trials[key[0]].measured.get(key[1]) for key in self._filled if key[0] in trials}
        return {key: one.measurement.wall for key, one in measured.items() if one and one.measurement}

    def look(self) -> None:
        """See which finished trials are to be taken over; open ones are left to `optimize`."""
        super().look()
        states = self.results.known.states
        self._unowned = deque(number for number in self._unowned if states.get(number) == "finished")

    def add_seeds(self) -> None:
        """Note nothing: seeds are chosen one at a time."""

    def redo_loaded(self) -> bool:
        """Return False: nothing is trained again."""
        return False

    def claim_next(self) -> bool:
        """Let a trial train an unfinished seed, or the next seed that tells most; return whether one does."""
        if self._unowned:
            return super().claim_next()
        if self.results.take_in():
            self.results.rank()
        return any(self._begin(number, seed) for number, seed in self._ranked())

    def _take_over(self, trial: TrialRecord) -> None:
        self._begun |= {(trial.number, seed) for seed in left_over(trial) if seed not in trial.measured}
        super()._take_over(trial)

    def _begin(self, number: int, seed: int) -> bool:
        """Let a trial wait for a seed, unless another driver has it; return whether it does."""
        self._begun.add((number, seed))
        if number in self.results.open:
            self.results.open[number].waiting.append(seed)
            return True
        self._wanted[number] = seed
        has = self.claim(number)
        self._wanted.pop(number, None)
        if not has:
            self._begun.discard((number, seed))
        return has

    def _missing(self, trial: TrialRecord, *, notify: bool = True) -> list[int]:
        """Return the seed that is wanted of a trial, unless another driver has trained it meanwhile."""
        wanted = self._wanted.get(trial.number)
        return [] if wanted is None or wanted in trial.measured else [wanted]

    def _ranked(self) -> list[tuple[int, int]]:
        """Return the trials' next seeds that are within the budget, those that tell most per second first."""
        spec, store = self.results.spec, self.results.store
        front = self.results.standing.within(spec.requirements).answers()
        if not len(front):
            kept = "every trial that keeps the study's bounds collapsed"
            self.why = kept if front.corner else "no trial keeps the study's bounds"
            return []
        found = contest(store, front, self.results.standing.table)
        further = further_seeds(store, spec)
        seconds = _seconds(store, spec, found)
        filled = sum(seconds.get(number, 0.0) for number, _ in self._filled)
        left = self.budget.seconds - _committed(further, seconds) - filled
        tried = self._tried(found, further)
        members = np.isin(found.trials, [member.trial for member in front])
        value = worth(found.membership, np.array([len(seeds) for seeds in tried.values()]), members)
        own = {trial.number for trial in self.results.study.get_trials(deepcopy=False)}
        wanted = [
            (each / seconds[number], number)
            for number, each in zip(tried, value.tolist(), strict=True)
            if each > 0
            and number in own
            and len(tried[number]) < self.budget.most
            and _next(spec, tried[number]) < SEEDS
        ]
        within = [(per, number) for per, number in wanted if seconds[number] <= left]
        self.why = self._why(bool(value.any()), bool(wanted), left)
        return [(number, _next(spec, tried[number])) for _, number in sorted(within, key=_first)]

    def _tried(self, found: Contest, further: Sequence[FurtherSeed]) -> dict[int, set[int]]:
        """Return the seeds that were measured, begun or failed, by trial."""
        known = np.asarray(np.isfinite(found.trainings.values).any(axis=2))
        tried = {
            number: set(found.seeds[known[row]].tolist()) for row, number in enumerate(found.trials.tolist())
        }
        for number, seed in [*((one.trial, one.seed) for one in further), *self._begun]:
            tried.get(number, set()).add(seed)
        return tried

    def _why(self, undecided: bool, wanted: bool, left: float) -> str:
        if not undecided:
            return "every trial is settled: more seeds would hardly change the front"
        if not wanted:
            return f"every trial that is not settled has {self.budget.most} seeds (--seeds allows more)"
        budget = duration_text(self.budget.seconds)
        return (
            f"the budget of {budget} is spent but for {max(left, 0.0):.0f} s, and what is not settled takes"
            " longer: give a larger --budget"
        )


def further_seeds(store: Store, spec: StudySpec) -> list[FurtherSeed]:
    """Return the trainings with seeds beyond those that every trial of the study has."""
    return store.further_seeds(spec.study, spec.seeds[0], spec.seeds[-1])


def spent_seconds(store: Store, spec: StudySpec) -> float:
    """Return the seconds that a study's measured trainings with further seeds took."""
    return sum(one.wall or 0.0 for one in further_seeds(store, spec))


def _seconds(store: Store, spec: StudySpec, found: Contest) -> dict[int, float]:
    """Return how long a training of each trial takes: the mean over its seeds."""
    rows = store.seed_values(spec.study, ("wall",), found.trials.tolist())
    return {
        number: max(float(rows.values[rows.trials == number].mean()), _MOMENT)
        for number in found.trials.tolist()
    }


def _committed(further: Sequence[FurtherSeed], seconds: Mapping[int, float]) -> float:
    """Return the seconds of further seeds that were measured, and those that begun ones will take."""
    begun = sum(seconds.get(one.trial, 0.0) for one in further if one.state in ("running", "interrupted"))
    return begun + sum(one.wall or 0.0 for one in further)


def _next(spec: StudySpec, tried: Collection[int]) -> int:
    return next(seed for seed in count(spec.seed) if seed not in tried)


def _first(ranked: tuple[float, int]) -> tuple[float, int]:
    per_second, number = ranked
    return -per_second, number
