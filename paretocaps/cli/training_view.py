"""The progress of one training: drawn in place on a terminal, or written as one line per epoch."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.text import Text

from paretocaps.cli.activity import QUIET_SECONDS, SOON_SECONDS, Step, draw_step
from paretocaps.cli.bar_line import BarLine
from paretocaps.cli.output import say, screen
from paretocaps.cli.text_layout import fitting, whole_words
from paretocaps.cli.time_left import TimeLeft
from paretocaps.domain.duration import clock_text
from paretocaps.domain.forecast import EpochForecast
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord, best_epoch
from paretocaps.domain.progress import STEP
from paretocaps.domain.wording import counted
from paretocaps.report.series import RECONSTRUCTION, reconstructs
from paretocaps.service import TrainingWatcher

_KEY = (0, 0)
"""The one training of a view, to `TimeLeft`."""

SHOWN = 8
"""The number of epochs that are drawn, the last ones."""


LINE_GAP_SECONDS = 1.0
"""An epoch that ends sooner after the last line is not reported."""

PREPARING_SECONDS = 5.0
"""The time between two reports on the preparation of images."""


class TrainingView(TrainingWatcher):
    """Writes a training's epochs, at most one line per second; a context manager around the run.

    Args:
        write: writes one line.
        clock: returns seconds and never goes backwards.
    """

    def __init__(
        self, write: Callable[[str], None] = say, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write, self._clock = write, clock
        self._began = self._prepared_at = clock()
        self._said_at = self._began - LINE_GAP_SECONDS
        self.job: TrainingJob | None = None
        self.name = ""
        self.records: tuple[EpochRecord, ...] = ()
        self.step = Step("preparing the training", 0, 0, self._began)
        self.within = 0.0
        self._left = TimeLeft(clock)

    def preparing(self, what: str, done: int, total: int) -> None:
        """Report the preparation of images, every `PREPARING_SECONDS`."""
        self.step = self.step.then(what, done, total, self._clock())
        if self._clock() - self._prepared_at >= PREPARING_SECONDS:
            self._prepared_at = self._clock()
            self._write(f"{what}: {done} of {total}")

    def started(self, job: TrainingJob, name: str) -> None:
        """Report what is trained, and where."""
        self.job, self.name, self._began = job, name, self._clock()
        self.step = Step("starting", 0, 0, self._began)
        self._left.began(_KEY)
        self._write(heading(job, name))

    def epochs_told(self, job: TrainingJob, epochs: Sequence[EpochForecast]) -> None:
        """Note what is told of its epochs."""
        self._left.told(_KEY, epochs, job.device)

    def epoch(self, job: TrainingJob, record: EpochRecord) -> None:
        """Report an epoch; of many quick ones, only the first, the last and some between are reported."""
        self._note(record)
        if self._clock() - self._said_at < LINE_GAP_SECONDS and record.epoch < job.epochs:
            return
        self._said_at = self._clock()
        best = ", the best so far" if best_epoch(self.records) is record else ""
        self._write(f"epoch {record.epoch} of {job.epochs}: {epoch_text(record, job)}{best}")

    def progress(self, job: TrainingJob, what: str, done: int, total: int) -> None:
        """Report what the training does, after `QUIET_SECONDS` without a line."""
        now = self._clock()
        self.step = self.step.then(what, done, total, now)
        self._left.doing(_KEY, what)
        if what.endswith(STEP) and total:
            self.within = done / total
            self._left.reached(_KEY, len(self.records) + 1, job.epochs, min(0.999, self.within))
        if now - max(self._said_at, self._began) >= QUIET_SECONDS:
            self._said_at = now
            self._write(self.step.text)

    def notice(self, message: str) -> None:
        """Report a message."""
        self._write(message)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the last epoch ends, by the pace of its steps (`TimeLeft`); None where unknown."""
        return None if self.job is None else self._left.left(1)

    def _note(self, record: EpochRecord) -> None:
        self.records, self.within = (*self.records, record), 0.0
        if self.job is not None:
            self._left.reached(_KEY, record.epoch, self.job.epochs, took=record.seconds)
        self.step = self.step.then("", 0, 0, self._clock())

    @property
    def elapsed(self) -> float:
        """Seconds since the training started in this process."""
        return self._clock() - self._began

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed()


class LiveTrainingView(TrainingView):
    """Draws the training's progress and its last epochs; at its end the drawing is removed.

    Args:
        console: where it draws.
        clock: returns seconds and never goes backwards.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(
            lambda line: console.print(whole_words(line, console.width), markup=False, soft_wrap=True), clock
        )
        self._live = Live(self, console=console, transient=True, refresh_per_second=4, redirect_stdout=False)

    def preparing(self, what: str, done: int, total: int) -> None:
        """Note how far the images are."""
        self.step = self.step.then(what, done, total, self._clock())

    def epoch(self, job: TrainingJob, record: EpochRecord) -> None:
        """Note the epoch."""
        self._note(record)

    def progress(self, job: TrainingJob, what: str, done: int, total: int) -> None:
        """Note what the training does."""
        self._said_at = self._clock()  # it is drawn
        super().progress(job, what, done, total)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def closed(self) -> None:
        """Remove the drawing."""
        self._live.stop()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the training for the terminal's current size."""
        if self.job is not None:
            yield draw(self, self.job, console.size.height)
        elif self._clock() - self.step.started >= SOON_SECONDS:
            yield draw_step(self.step, self._clock())


def open_training_view(plain: bool) -> TrainingView:
    """Return the live view where stderr is a terminal that can draw, else one line per epoch on stderr."""
    console = None if plain else screen()
    return TrainingView() if console is None else LiveTrainingView(console)


def heading(job: TrainingJob, name: str) -> str:
    """Return a line that describes the training."""
    ranks = f" on {counted(job.ranks, 'rank')}" if job.ranks > 1 else ""
    return (
        f"training {name}: {counted(job.epochs, 'epoch')} on {job.data}, seed {job.seed}, {job.device}{ranks}"
        f", into {job.folder}"
    )


def epoch_text(record: EpochRecord, job: TrainingJob) -> str:
    """Return a line with an epoch's values, and what its training loss has that its validation loss lacks."""
    return ", ".join(_epoch_parts(record, job))


def _epoch_parts(record: EpochRecord, job: TrainingJob) -> list[str]:
    more = f" {RECONSTRUCTION}" if reconstructs(job.choices) else ""
    losses = [] if record.val_loss is None else [f"val. loss {record.val_loss:.4g}"]
    losses += [] if record.train_loss is None else [f"loss {record.train_loss:.4g}{more}"]
    rate = [f"lr {record.learning_rate:.3g}", f"batch {record.batch_size}"]
    return [f"acc {record.acc:.4f}", *losses, *rate, f"{record.seconds:.3g} s"]


def draw(view: TrainingView, job: TrainingJob, height: int) -> RenderableType:
    """Return the state of a training in at most `height` lines."""
    rows = max(1, min(SHOWN, height - 4, len(view.records)))
    return Group(_overall(view, job), *([_epochs(view, job, rows)] if view.records else []))


def _overall(view: TrainingView, job: TrainingJob) -> RenderableType:
    done = len(view.records)
    parts = [f"{done} of {counted(job.epochs, 'epoch')}", clock_text(view.elapsed)]
    left = view.seconds_left
    parts += [f"about {clock_text(left)} left"] if left else []
    parts += [view.step.text.removeprefix(f"epoch {done + 1}, ")] if view.step.what else []
    if done:
        best = best_epoch(view.records)
        parts += [f"best acc {best.acc:.4f} (epoch {best.epoch})"]
    return BarLine(done + view.within, job.epochs, parts)


@dataclass(frozen=True)
class _EpochLine:
    """An epoch, with as many of its values as a line has room for."""

    record: EpochRecord
    job: TrainingJob
    style: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        first, *others = _epoch_parts(self.record, self.job)
        parts = [f"epoch {self.record.epoch}: {first}", *others]
        yield Text(fitting(parts, ", ", options.max_width), self.style, no_wrap=True)


def _epochs(view: TrainingView, job: TrainingJob, rows: int) -> RenderableType:
    best = best_epoch(view.records)
    shown = view.records[-rows:]
    return Group(*(_EpochLine(record, job, "green" if record is best else "") for record in shown))
