"""A study as plain lines, for logs and pipes."""

import time
from collections.abc import Callable

from paretocaps.cli.activity import QUIET_SECONDS, SOON_SECONDS
from paretocaps.cli.progress import Progress
from paretocaps.cli.remaining_text import remaining_parts
from paretocaps.cli.time_left import ONCE
from paretocaps.domain.duration import clock_text
from paretocaps.domain.front_record import FrontRecord
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord
from paretocaps.domain.progress import WAITS
from paretocaps.domain.remaining import Remaining
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.wording import counted
from paretocaps.report.hypervolume_text import hypervolume_text


class PlainView(Progress):
    """Writes one line per event: trials started, whatever is noted of them, and the front's changes.

    An epoch, or what a training does within one, is reported only after `QUIET_SECONDS` without a line, so
    that a slow study shows progress and the lines of a fast one stay readable.

    Args:
        write: writes one line.
        clock: returns seconds and never goes backwards.
    """

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._write = write
        self._said_at = 0.0
        self._tells_remaining = False
        self._preparing, self._prepares_since = "", 0.0
        self._once: frozenset[str] = frozenset()

    def preparing(self, what: str, done: int, total: int) -> None:
        """Report a step of the driver if it takes a while: its progress, then its end."""
        super().preparing(what, done, total)
        now = self.clock()
        if what != self._preparing:
            self._preparing, self._prepares_since = what, now
            if total == 0 and not what.startswith(WAITS):  # nothing further will be heard of it
                self._say(what)
        reported = self._said_at >= self._prepares_since + SOON_SECONDS  # of this step
        silence = now - (self._said_at if reported else self._prepares_since)
        ends = reported and done == total
        if total and (silence >= (QUIET_SECONDS if reported else SOON_SECONDS) or ends):
            self._say(f"{what}: {done:,} of {total:,}")

    def opened(self, spec: StudySpec, finished: int) -> None:
        """Report the study and its size."""
        super().opened(spec, finished)
        before = f", {finished} finished before" if finished else ""
        self._say(
            f"study {spec.study}: {counted(spec.trials, 'trial')} of {counted(spec.epochs, 'epoch')}"
            f" on {spec.data_spec}, {', '.join(spec.objectives)}{before}"
        )

    def trial_started(self, job: TrainingJob, design: str | None) -> None:
        """Report a trial that starts, with its choices."""
        super().trial_started(job, design)
        several = self.spec is not None and len(self.spec.seeds) > 1
        seed = f", seed {job.seed}" if several else ""
        attempt = f", attempt {job.attempt}" if job.attempt > 1 else ""
        label = self.running[job.trial, job.seed].label
        self._say(f"trial {job.trial} started{seed}{attempt}: {label}")

    def epoch(self, job: TrainingJob, record: EpochRecord) -> None:
        """Report the progress of a training, after `QUIET_SECONDS` without a line."""
        super().epoch(job, record)
        if self.clock() - self._said_at >= QUIET_SECONDS:
            reached = f"epoch {record.epoch} of {job.epochs}: acc {record.acc:.4f}"
            self._say(f"trial {job.trial} {reached}{self._until_end}")

    def progress(self, job: TrainingJob, what: str, done: int, total: int) -> None:
        """Report what a training does, after `QUIET_SECONDS` without a line; what happens once, at once."""
        super().progress(job, what, done, total)
        anew = what in ONCE and what not in self._once
        self._once |= {what} if anew else set()
        if anew or self.clock() - self._said_at >= QUIET_SECONDS:
            self._say(f"trial {job.trial}: {self.running[job.trial, job.seed].doing}{self._until_end}")

    def front_changed(self, front: FrontRecord) -> None:
        """Report the size of the front, and the hypervolume of the whole front."""
        super().front_changed(front)
        if front.members:
            volume = hypervolume_text(front)
            whole = " of the whole front" if volume and (self.missing or self.corner) else ""
            self._say(", ".join(filter(None, [self.front_line, volume])) + whole)
            self._tells_remaining = True

    def remains(self, remaining: Remaining) -> None:
        """Report what remains, where the front has changed."""
        super().remains(remaining)
        if self._tells_remaining:
            self._say(", ".join(remaining_parts(remaining)))
        self._tells_remaining = False

    @property
    def _until_end(self) -> str:
        left = self.seconds_left
        return f"; about {clock_text(left)} left" if left else ""

    def _note(self, kind: str, text: str, label: str = "", so_far: str = "") -> None:
        super()._note(kind, text, label, so_far)
        self._say(self.lines[-1].text + so_far)

    def _say(self, line: str) -> None:
        self._said_at = self.clock()
        self._write(line)
