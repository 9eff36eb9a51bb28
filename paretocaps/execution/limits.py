"""When a job has to be ended: it was silent for too long, or it has trained for too long."""

from paretocaps.domain.duration import duration_text
from paretocaps.domain.failure import Failure
from paretocaps.domain.progress import WAITS

BEGINNING = 60.0
"""Seconds that a worker and its trainer have to say something at all, however short a job's own limit is."""

START = 600.0
"""Seconds in which a worker has to be ready for its first job, unless the job has a limit of its own."""

FIRST_SIGN = 6 * 3600.0
"""Seconds until a trainer has to say something: one that tells no progress does it after its first epoch."""

SHORTEST = 600.0
"""Seconds of silence that are always allowed, unless the job has a limit of its own."""

TIMES_THE_LONGEST = 20
"""How many times the longest silence so far a silence may last."""


class Limits:
    """The limits of one job, as its executor sees them: silence (`stall_timeout`) and time (`trial_timeout`).

    Only the seconds in which somebody listened count as silence: what was said in the others is heard when
    the listener comes back.

    Args:
        stall_timeout: how many seconds a silence may last; None for the default, which follows from the
            longest silence so far.
        trial_timeout: how many seconds the training may take; None for no limit.
    """

    def __init__(self, stall_timeout: float | None = None, trial_timeout: float | None = None) -> None:
        self._stall_timeout, self._trial_timeout = stall_timeout, trial_timeout
        self._silence, self._longest, self._trained = 0.0, 0.0, 0.0
        self._ready = self._begun = self._told = False
        self._last = "the start"

    @property
    def silence(self) -> float:
        """How many seconds a silence may last."""
        if self._stall_timeout is not None:
            return self._stall_timeout if self._told else max(BEGINNING, self._stall_timeout)
        if not self._told:
            return FIRST_SIGN if self._ready else START
        return max(SHORTEST, TIMES_THE_LONGEST * self._longest)

    def ready(self) -> None:
        """Note that the worker is ready for the job."""
        self._ready, self._silence = True, 0.0

    def begin(self) -> None:
        """Note that the training has begun: its time counts from now on."""
        self._begun = True

    def hear(self, what: str, done: int = 0, total: int = 1) -> None:
        """Note a progress or an epoch; with 0 in `total` the time of the training begins anew, or waits."""
        self._silence, self._longest = 0.0, max(self._longest, self._silence)
        self._ready = True
        self._last = f"{what} {done:,} of {total:,}" if total > 1 else what
        if total == 0:
            self._trained = self._longest = 0.0
            self._begun = not what.startswith(WAITS)
        else:
            self._told = self._begun = True

    def spend(self, passed: float, listened: float = 0.0) -> None:
        """Let `passed` seconds pass, in `listened` of which nothing was heard."""
        self._trained += passed if self._begun else 0.0
        self._silence += listened

    def exceeded(self) -> Failure | None:
        """Return the failure of the job if a limit is exceeded, else None."""
        longest, limit = self.silence, self._trial_timeout
        if self._silence >= longest:
            return Failure(
                f"stalled: nothing was heard of the training for {duration_text(longest)} after {self._last};"
                " if it needs longer, raise --stall-timeout",
                may_pass=True,
            )
        if limit is not None and self._trained >= limit:
            return Failure(
                f"trial_timeout={duration_text(limit)} was over after {self._last}: raise --trial-timeout, or"
                " train for fewer epochs"
            )
        return None
