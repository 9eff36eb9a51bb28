"""The live view of a study: what runs now, what ended last, and the front so far."""

import time
from collections.abc import Callable, Iterable, Sequence
from textwrap import wrap
from typing import Self

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.text import Text

from paretocaps.cli.activity import SOON_SECONDS, draw_step
from paretocaps.cli.bar_line import BarLine
from paretocaps.cli.front_table import SMALLEST, short_table
from paretocaps.cli.progress import Line, Progress, Training
from paretocaps.cli.remaining_text import remaining_parts
from paretocaps.cli.text_layout import fitting, shortened, whole_words
from paretocaps.domain.duration import clock_text
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.wording import counted
from paretocaps.masking import masked

STYLES = {"finished": "green", "failed": "red", "notice": "yellow"}
LAST_LINES = 3
LONGEST = 3
"""Rows that a failure or a notice gets, at most."""


class LiveView(Progress):
    """Draws a study's progress in place on a terminal, several times per second.

    Use it as a context manager around the run: at its end the drawing is removed, and failures and
    notices stay as lines.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self.console = console
        self._live = self._drawing()

    def __enter__(self) -> Self:
        self.preparing("opening the study", 0, 0)
        return self

    def _drawing(self) -> Live:
        return Live(
            self, console=self.console, transient=True, refresh_per_second=4, vertical_overflow="crop"
        )

    def preparing(self, what: str, done: int, total: int) -> None:
        """Draw how far a step of the driver is."""
        super().preparing(what, done, total)
        self._live.start()

    def opened(self, spec: StudySpec, finished: int) -> None:
        """Begin to draw."""
        super().opened(spec, finished)
        self._live.start()

    def notice(self, message: str) -> None:
        """Note a message, or print it at once where it is about the data and comes before the study."""
        if self.spec is not None:
            super().notice(message)
        else:
            self._print(masked(message), "notice")

    def closed(self) -> None:
        """Remove the drawing and print the failures and notices."""
        if not self._live.is_started:
            return
        self._live.stop()
        self._live = self._drawing()  # the stopped one would clear the lines of its last drawing once more
        kept, self.to_keep = self.to_keep, ()  # a page may be prepared afterwards, which draws again
        for line in kept:
            self._print(line.text, line.kind)

    def _print(self, text: str, kind: str) -> None:
        told = whole_words(text, self.console.width)
        self.console.print(told, style=STYLES[kind], markup=False, soft_wrap=True)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the study for the terminal's current size."""
        if self.spec is not None:
            yield draw(self, self.spec, options.max_width, console.size.height)
        elif self.step is not None and self.clock() - self.step.started >= SOON_SECONDS:
            yield draw_step(self.step, self.clock())


def draw(progress: Progress, spec: StudySpec, width: int, height: int) -> RenderableType:
    """Return the state of a study in at most `width` characters and `height` lines."""
    room = height - 7  # two lines of heading, the front's line, three blank lines, and the cursor's line
    front = progress.answers
    members = len(front) if front is not None else 0
    wanted = min(members + SMALLEST, max(SMALLEST, room // 2)) if members else 0
    trainings = list(progress.running.values())
    last = list(_last(progress.lines, width, max(1, room - wanted - 2 * len(trainings))))
    rows_of_last = sum(text.plain.count("\n") + 1 for text in last)
    running = list(_running(trainings, progress, width, room - wanted - rows_of_last))
    rows = room - len(running) - rows_of_last
    return Group(
        _heading(spec, width),
        _overall(progress, spec),
        _step(progress),
        *running,
        *([Text()] if running else []),
        *last,
        *([Text()] if last else []),
        Text(_front_line(progress, width), "bold", no_wrap=True),
        *([short_table(front, width, rows)] if front and rows >= SMALLEST else []),
    )


def _step(progress: Progress) -> RenderableType:
    """Return what the driver does, where it trains nothing."""
    step = progress.step
    return Text() if step is None else draw_step(step, progress.clock())


def _heading(spec: StudySpec, width: int) -> Text:
    parts = [str(spec.data_spec), ", ".join(spec.objectives), spec.sampler]
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(spec.study, "bold").append(f"  {fitting(parts, ' · ', width - len(spec.study) - 2)}")
    return text


def _overall(progress: Progress, spec: StudySpec) -> RenderableType:
    left = progress.seconds_left
    parts = [f"{progress.finished} of {spec.trials} trials"]
    parts += [f"{progress.seeds_done} of {counted(progress.seeds, 'further seed')}"] if progress.seeds else []
    parts += [f"{progress.failed} failed"] if progress.failed else []
    parts += [f"{progress.stopped} stopped early"] if progress.stopped else []
    parts += [f"{progress.rejected} rejected"] if progress.rejected else []
    parts += [clock_text(progress.elapsed)]
    parts += [f"about {clock_text(left)} left"] if left else []
    return BarLine(progress.finished + progress.seeds_done, spec.trials + progress.seeds, parts)


def _front_line(progress: Progress, width: int) -> str:
    remaining = remaining_parts(progress.remaining) if progress.remaining is not None else []
    return fitting([progress.front_line, *remaining], "; ", width)


def _running(
    trainings: list[Training], progress: Progress, width: int, lines: int
) -> Iterable[RenderableType]:
    shown = trainings if 2 * len(trainings) <= lines else trainings[: max(1, (lines - 1) // 2)]
    for training in shown:
        yield _title(training, progress, width)
        yield _state(training, progress)
    if len(shown) < len(trainings):
        yield Text(f"({len(trainings) - len(shown)} more running)", "dim")


def _title(training: Training, progress: Progress, width: int) -> Text:
    job, several = training.job, progress.spec is not None and len(progress.spec.seeds) > 1
    trial = f"trial {job.trial}"
    seed = f"  seed {job.seed}" if several else ""
    attempt = f"  attempt {job.attempt}" if job.attempt > 1 else ""
    label = shortened(training.label, width - len(trial) - 2 - len(seed) - len(attempt))
    text = Text(no_wrap=True, overflow="ellipsis").append(trial, "bold cyan").append(f"  {label}")
    return text.append(seed, "dim").append(attempt, "yellow")


def _state(training: Training, progress: Progress) -> RenderableType:
    done, epochs = training.epochs_done, training.job.epochs
    parts = [f"{done}/{epochs} epochs", clock_text(progress.clock() - training.started)]
    parts += [training.doing.removeprefix(f"epoch {done + 1}, ")] if training.doing else []
    if training.last is not None:
        last = training.last
        parts += [f"acc {last.acc:.4f}"]
        parts += [f"best {training.best:.4f}"] if training.best > last.acc else []
        parts += [f"lr {last.learning_rate:.3g}", f"batch {last.batch_size}"]
    return BarLine(done + training.within, epochs, parts, widest=12)


def _last(lines: Sequence[Line], width: int, rows: int) -> Iterable[Text]:
    """Return the last lines in at most `rows` rows; failures and notices are whole where there is room."""
    shown = lines[-min(LAST_LINES, rows) :]
    spare, texts = rows - len(shown), []
    for line in reversed(shown):
        most = 1 if line.kind == "finished" else 1 + min(spare, LONGEST - 1)
        text = _line(line, width, most)
        spare -= text.plain.count("\n")
        texts.append(text)
    return reversed(texts)


def _line(line: Line, width: int, rows: int) -> Text:
    wrapped = wrap(line.text, width, max_lines=rows, placeholder="…", break_on_hyphens=False)
    told = "\n".join(wrapped) if rows > 1 else line.text
    text = Text(told, STYLES[line.kind], no_wrap=True, overflow="ellipsis")
    label = shortened(line.label, width - len(told.rpartition("\n")[2]) - 2)
    return text.append(f"  {label}", "dim") if label else text
