"""Decides when a checkpoint of a training is written, and goes on without where it cannot be."""

import sys
import time
from collections.abc import Callable

from paretocaps.data.images import DataSplits
from paretocaps.domain.job import TrainingJob
from paretocaps.errors import why_not_written
from paretocaps.training.checkpoint import State, save_checkpoint

EVERY = 600.0
"""Seconds within an epoch after which a checkpoint is written, unless the job says otherwise."""
APART = 1.0
"""Seconds from a checkpoint to that of an epoch's end: writing one after each of many short epochs would take
longer than training them."""


class CheckpointWriter:
    """Writes the checkpoints of a training; one that cannot be written does not end it.

    Args:
        job: the job; without `checkpoints` nothing is written.
        splits: its images.
        clock: returns seconds, monotonic.
    """

    def __init__(
        self,
        job: TrainingJob,
        splits: DataSplits,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._job, self._splits, self._clock = job, splits, clock
        self._every = EVERY if job.checkpoint_every is None else job.checkpoint_every
        self._last = clock()
        self._missed, self._why = 0, ""

    def due(self, *, whole_epoch: bool) -> bool:
        """Return whether a checkpoint is to be written: after a whole epoch, or within one."""
        if not self._job.checkpoints:
            return False
        passed = self._clock() - self._last
        return passed >= (min(APART, self._every) if whole_epoch else self._every)

    def write(self, state: State) -> None:
        """Write `state`; where that is impossible, keep a remark."""
        try:
            save_checkpoint(self._job, self._splits, state)
        except OSError as error:
            self._missed += 1
            self._why = why_not_written(error, f"make {str(self._job.folder)!r} writable")
            if self._missed == 1:
                print(self.remarks[0], file=sys.stderr, flush=True)
        self._last = self._clock()

    @property
    def remarks(self) -> tuple[str, ...]:
        """A line on the checkpoints that could not be written."""
        if not self._missed:
            return ()
        many = "1 checkpoint" if self._missed == 1 else f"{self._missed} checkpoints"
        return (f"{many} could not be written, and the training went on without ({self._why})",)
