"""How long a study will still take, from how long its trainings take."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from paretocaps.cli.epoch_weights import EpochWeights, Learned
from paretocaps.domain.forecast import EpochForecast

Key = tuple[int, int]
"""A trial and a seed."""

Place = tuple[int, float]
"""An epoch (from 1), and the share of it that is over."""
_BEGIN = (1, 0.0)

ONCE = ("starting worker", "calibrating", "waits for ")
"""How activities begin that a worker does once, or that are no part of a training."""
_ASIDE = ("tuning", "pruning", "computing features")
"""What a training does between its steps, so that the steps that follow take no longer for it."""
_TOLD_ANEW = 0.25
"""An epoch, but the first, that ends within this share of its seconds was trained in an earlier run."""
_LEAST = 0.03
"""The share of a training between two moments by which its pace is known."""
_TRAININGS = 1.5
"""How slowly what is shown follows the estimate, in trainings: one moves it half of the way."""


@dataclass
class Pace:
    """How long one training takes; what its worker does once does not count.

    Its pace is that of its steps, without what it does between them, such as tuning for a new batch size.
    Its epochs count by the seconds that they take, so that it keeps its pace where the batch grows.

    Args:
        clock: returns seconds and never goes backwards.
        weights: how its seconds are spread over its epochs.
    """

    clock: Callable[[], float]
    weights: EpochWeights = field(default_factory=EpochWeights)
    _began: float = field(init=False)
    _excluded: float = 0.0
    _once: float | None = None
    _aside: float = 0.0
    _aside_since: float | None = None
    _epochs: int = 1
    _at: Place = _BEGIN
    _at_seconds: float = 0.0
    _before: Place = _BEGIN
    _first: tuple[float, Place] | None = None
    _epoch_ended: float = 0.0

    def __post_init__(self) -> None:
        self._began = self.clock()

    def doing(self, what: str) -> None:
        """Note what the training does."""
        now = self.clock()
        if self._once is not None:
            self._excluded += now - self._once
        self._once = now if what.startswith(ONCE) else None
        if self._aside_since is not None:
            self._aside += now - self._aside_since
        self._aside_since = now if what.startswith(_ASIDE) else None

    def reached(self, epoch: int, epochs: int, within: float, took: float = 0.0) -> None:
        """Note how much is over: the share `within` of an epoch, 1 at its end, and the seconds it `took`."""
        self.doing("")
        now = self.seconds
        steps, self._epochs = now - self._aside, epochs
        if epoch > 1 and now - self._epoch_ended < _TOLD_ANEW * took:
            self.weights.forget()
            self._before, self._first = (epoch, within), (steps, (epoch, within))
        elif self._first is None and within == 1.0:  # of epochs alone: its pace is that since its beginning
            self._before = epoch, 0.0  # in an earlier run
            self._first = 0.0, self._before
            self.weights.note(epoch, within, steps)
        elif self._first is None:
            self._first = steps, (epoch, within)
        else:
            self._note(epoch, within, steps - self._at_seconds)
        self._at, self._at_seconds = (epoch, within), steps
        self._epoch_ended = now if within == 1.0 else self._epoch_ended

    def _note(self, epoch: int, within: float, seconds: float) -> None:
        """Take in what was measured since the last time, where that is of one epoch."""
        before, share = self._at
        if epoch == before and within >= share:
            self.weights.note(epoch, within - share, seconds)
        elif epoch == before + 1 and share == 1.0:
            self.weights.note(epoch, within, seconds)

    @property
    def share(self) -> float:
        """The share of it that is over, 0 to 1."""
        return self._share(self._at)

    @property
    def before(self) -> float:
        """The share that was over before this run."""
        return self._share(self._before)

    @property
    def seconds(self) -> float:
        """Its seconds so far."""
        now = self.clock()
        idle = 0.0 if self._once is None else now - self._once
        return max(0.0, now - self._began - self._excluded - idle)

    @property
    def rest(self) -> float | None:
        """The seconds that it will still take, at its pace since its first step; None where unknown."""
        if self._first is None or self.share - self._share(self._first[1]) < _LEAST:
            return None
        return (1.0 - self.share) * self._pace

    @property
    def whole(self) -> float | None:
        """The seconds that all of it takes, those of an earlier run at the same pace."""
        rest = self.rest
        return None if rest is None else self.seconds + rest + self.before * self._pace

    @property
    def _pace(self) -> float:
        assert self._first is not None
        seconds, first = self._first
        aside = self._aside + (0.0 if self._aside_since is None else self.clock() - self._aside_since)
        return (self.seconds - aside - seconds) / (self.share - self._share(first))

    def _share(self, place: Place) -> float:
        return self.weights.share(*place, self._epochs)


@dataclass
class TimeLeft:
    """Estimates the seconds that are left of a study, and shows them without jumps.

    The estimate is the mean time of a training, by all that ended and by the pace of those that run, times
    the trainings that are left, by as many at once as there were. What is shown counts down, and follows the
    estimate slowly: the trials of a study are unlike each other, so that one of them says little. What it
    holds is replaced, never changed in place, because a view asks from another thread.

    Args:
        clock: returns seconds and never goes backwards.
    """

    clock: Callable[[], float]
    _running: dict[Key, Pace] = field(default_factory=dict)
    _complete: frozenset[Key] = frozenset()
    _learned: Learned = field(default_factory=dict)
    _seconds: float = 0.0
    _ended: float = 0.0
    _lanes: int = 1
    _shown: float | None = None
    _shown_at: float = 0.0

    def began(self, key: Key) -> None:
        """Note a training that begins, or begins anew."""
        self._running = {**self._running, key: Pace(self.clock)}
        self._lanes = max(self._lanes, len(self._running))

    def told(self, key: Key, epochs: Sequence[EpochForecast], device: str) -> None:
        """Note what is told of the epochs of a training that begins; one that goes on keeps its own."""
        if key in self._running and not self._running[key].weights.epochs:
            self._running[key].weights = EpochWeights(epochs, device, self._learned)

    def doing(self, key: Key, what: str) -> None:
        """Note what a training does between its steps."""
        if key in self._running:
            self._running[key].doing(what)

    def reached(self, key: Key, epoch: int, epochs: int, within: float = 1.0, took: float = 0.0) -> None:
        """Note how much of a training is over, and at the end of an epoch the seconds that it took."""
        if key in self._running:
            self._running[key].reached(epoch, epochs, within, took)

    def training_ended(self, key: Key) -> None:
        """Note that a training is complete, while its trial is not."""
        self._end(key, whole=True)
        self._complete |= {key}

    def trial_ended(self, trial: int, *, whole: bool) -> None:
        """Note that a trial has ended, all of it or (stopped, failed) only the share that was told."""
        for key in [key for key in self._running if key[0] == trial]:
            self._end(key, whole=whole)
        self._complete = frozenset(key for key in self._complete if key[0] != trial)

    def seed_ended(self, key: Key) -> None:
        """Note the end of a further training of a finished trial."""
        self._end(key, whole=True)
        self._complete -= {key}

    def left(self, wanted: int) -> float | None:
        """Return the seconds until `wanted` trainings of open and new trials end; None where unknown."""
        to_begin = max(0, wanted - len(self._running) - len(self._complete))
        paces = list(self._running.values())
        if not paces and not to_begin:
            return 0.0
        wholes = [(pace.share, whole) for pace in paces if (whole := pace.whole) is not None]
        done = self._ended + sum(share for share, _ in wholes)
        if not done:
            return None
        each = (self._seconds + sum(share * whole for share, whole in wholes)) / done
        rests = [max(0.0, each - p.seconds) if p.rest is None else p.rest for p in paces]
        at_once = max(1, min(self._lanes, len(paces) + to_begin))
        return self._followed(max([(sum(rests) + each * to_begin) / at_once, *rests]), each / self._lanes)

    def _end(self, key: Key, *, whole: bool) -> None:
        pace = self._running.get(key)
        self._running = {other: one for other, one in self._running.items() if other != key}
        if pace is not None and (whole or pace.share):
            self._seconds += pace.seconds
            self._ended += 1.0 - pace.before if whole else pace.share
            shown = pace.weights.shown
            self._learned = shown if len(shown) >= max(2, len(self._learned)) else self._learned

    def _followed(self, estimate: float, each: float) -> float:
        now = self.clock()
        if self._shown is None:
            self._shown = estimate
        else:
            passed = now - self._shown_at
            counted = max(0.0, self._shown - passed)
            slowness = max(min(_TRAININGS * each, estimate), 1e-9)
            self._shown = counted + (1.0 - math.exp(-passed / slowness)) * (estimate - counted)
        self._shown_at = now
        return self._shown
