"""A trial that the runner has not completed."""

from collections import deque
from dataclasses import dataclass, field

from paretocaps.search.left_worker import LeftWorker


@dataclass
class OpenTrial:
    """A trial with unfinished trainings: the seeds that wait to be trained, and those that are running.

    `finished` means that it was finished with fewer seeds: it stays finished, and gets further ones, or
    trains those in `redone` again. `left` has the workers, by seed, that still train although their driver
    ended; these seeds are running, too. `stopped` is the reason why it was stopped early: once those that run
    have ended, it is a stopped trial.
    """

    number: int
    choices: dict[str, object]
    design: str | None
    waiting: deque[int]
    running: set[int] = field(default_factory=set)
    finished: bool = False
    redone: frozenset[int] = frozenset()
    left: dict[int, LeftWorker] = field(default_factory=dict)
    stopped: str = ""

    def again(self, seed: int) -> None:
        """Let a running seed wait once more, before the others."""
        self.running.discard(seed)
        self.waiting.appendleft(seed)

    def stop(self, reason: str) -> None:
        """Let no further seed begin, because the trial is stopped early."""
        self.waiting.clear()
        self.stopped = self.stopped or reason

    @property
    def complete(self) -> bool:
        """Whether all its trainings have ended."""
        return not self.waiting and not self.running

    def is_last(self, seed: int) -> bool:
        """Return whether all its trainings have ended once that of `seed` has."""
        return not self.waiting and self.running <= {seed}

    def next_seed(self) -> int:
        """Return a waiting seed, which is running from now on.

        Raises:
            IndexError: none is waiting.
        """
        seed = self.waiting.popleft()
        self.running.add(seed)
        return seed
