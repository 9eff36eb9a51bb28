"""Why a study ends before it has all its trials, and what remains until then."""

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from paretocaps.domain.duration import duration_text
from paretocaps.domain.front_record import FrontRecord
from paretocaps.domain.remaining import Remaining
from paretocaps.pareto.indicators import share_of
from paretocaps.search.corners import FIRST_TRIALS, stored_ideal
from paretocaps.search.results import Results
from paretocaps.search.study_history import history_of

STABLE = 0.001
"""The growth of the hypervolume, as a share of it, below which a front is stable."""
GAIN = 0.5
"""How much of what the last doubling of the trials gained the next one is expected to gain.

Of 0.25, 0.5, 0.75 and 1, it erred least on 30 simulated studies of up to 200 trials: by 0.011 in the median.
"""
_ENDED = frozenset({"finished", "stopped", "failed"})


@dataclass
class Ending:
    """Ends a study whose budget of training seconds is spent, or whose front has become stable.

    The front is the one that is shown, within the study's bounds. It begins no further trial then; those that
    were begun are finished. Training seconds are those of the whole study, also of failed and stopped trials
    and of further seeds, by whatever driver.

    Args:
        results: the study, its tables, its trials and their front.

    Attributes:
        reason: why the study ends, as a sentence; empty as long as it does not.
    """

    results: Results
    reason: str = ""
    _seconds: dict[int, float] = field(init=False)
    _ended: set[int] = field(init=False)
    _others: bool = False
    _counts: list[int] = field(init=False, default_factory=list)
    _shares: list[float] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.spec, self.store = self.results.spec, self.results.store
        self._ended = self._all_ended()
        self._seconds = self.store.seconds_by_trial(self.spec.study)
        for finished, share in self._history():
            self._append(finished, share)

    def note(self, trial: int) -> None:
        """Take in that a training of a trial has ended, and tell what remains."""
        self._read([trial])
        self._note_front()
        self.results.observer.remains(self.remaining)

    def reached(self, *, others: bool) -> bool:
        """Return whether the study is to end, and notify of it once.

        Args:
            others: whether other drivers run the study, whose trainings count.
        """
        if self._budget is not None and (others or self._others):  # once more after the others have ended
            self._seconds = self.store.seconds_by_trial(self.spec.study)
        elif self._all_ended() != self._ended:  # some were taken in, of an earlier driver or a lost database
            self._read(())
        self._others = others
        self._note_front()
        if not self.reason:
            self.reason = self._spent() or self._stable()
            if self.reason:
                self.results.observer.notice(f"{self.reason}: no further trial begins")
        return bool(self.reason)

    @property
    def remaining(self) -> Remaining:
        """What remains until the study ends."""
        ended = self.results.known.ended
        spent = sum(self._seconds.values())
        each = spent / ended if ended else None
        left = None if self._budget is None else max(0.0, self._budget - spent)
        trials = 0 if self.reason else max(0, self.spec.trials - ended)
        if left is not None and each:
            trials = min(trials, math.ceil(left / each))
        front = self._front()
        share = front.hypervolume_share if front is not None else None
        return Remaining(
            trials=trials,
            seconds=None if each is None else each * trials,
            budget=left,
            hypervolume=share,
            expected=None if share is None else self._expected(share, trials),
        )

    def _read(self, trials: Iterable[int]) -> None:
        """Read the seconds of trials, and of those that other drivers have ended since."""
        ended = self._all_ended()
        self._seconds |= self.store.seconds_by_trial(self.spec.study, {*trials, *(ended - self._ended)})
        self._ended = ended

    def _all_ended(self) -> set[int]:
        return {number for number, state in self.results.known.states.items() if state in _ENDED}

    @property
    def _budget(self) -> float | None:
        budget = self.spec.budget
        return None if budget is None or math.isinf(budget) else budget

    def _spent(self) -> str:
        spent = sum(self._seconds.values())
        if self._budget is None or spent < self._budget:
            return ""
        return f"the budget of {duration_text(self._budget)} of training is spent ({spent:.4g} s)"

    def _stable(self) -> str:
        finished, last = len(self.results.standing.table), self.spec.until_stable
        if not last or finished - last < FIRST_TRIALS:
            return ""
        before, share = self._share_at(finished - last), self._share_at(finished)
        if not before or abs(share - before) >= STABLE * before:  # it is less on another device
            return ""
        grown = 100 * (share - before) / before
        return f"the hypervolume grew by {grown:.2g} % over the last {last} finished trials"

    def _expected(self, share: float, trials: int) -> float:
        """Return the share after further trials, by what the last doubling of the trials has gained."""
        finished = len(self.results.standing.table)
        before = self._share_at(finished // 2)
        if not before:
            return share
        gained = GAIN * (share - before)
        return min(1.0, share + gained * math.log2((finished + trials) / finished))

    def _share_at(self, finished: int) -> float:
        """Return the hypervolume's share when so many trials had finished; 0 if it was not known then."""
        place = bisect_right(self._counts, finished)
        return self._shares[place - 1] if place else 0.0

    def _front(self) -> FrontRecord | None:
        """Return the front that is shown; None before there is one."""
        standing = self.results.standing
        if standing.front is None or not self.spec.requirements:
            return standing.front
        return standing.within(self.spec.requirements)

    def _history(self) -> Iterable[tuple[int, float]]:
        """Return the share of the hypervolume by the number of finished trials, before this run."""
        standing, objectives, bounds = self.results.standing, self.results.objectives, self.spec.requirements
        if bounds and not standing.has_measured(bounds):
            return ()
        if bounds:
            asked = objectives, standing.device_of(bounds)
            steps = history_of(self.store, self.spec.study, *asked, requirements=bounds)
            finished = np.searchsorted(standing.table.trials, [step.trial for step in steps], side="right")
            return zip(finished.tolist(), (step.hypervolume for step in steps), strict=True)
        reference = standing.record.reference_point
        ideal = stored_ideal(standing.record, objectives)
        if reference is None or ideal is None:
            return ()
        return [
            (step.trials, share_of(step.hypervolume, reference, ideal))
            for step in self.store.front_history(self.spec.study, objectives)
            if step.reference_point == reference
        ]

    def _note_front(self) -> None:
        front = self._front()
        if front is not None and (share := front.hypervolume_share) is not None:
            self._append(len(self.results.standing.table), share)

    def _append(self, finished: int, share: float) -> None:
        if not self._counts or finished > self._counts[-1]:
            self._counts.append(finished)
            self._shares.append(share)
