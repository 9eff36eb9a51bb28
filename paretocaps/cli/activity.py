"""What a command is waiting for, as a bar on a terminal or as a line now and then."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.live import Live

from paretocaps.cli.bar_line import BarLine
from paretocaps.cli.output import say, screen
from paretocaps.cli.text_layout import whole_words
from paretocaps.domain.duration import clock_text
from paretocaps.domain.progress import STEP
from paretocaps.masking import masked

SOON_SECONDS = 1.0
"""What takes no longer is not shown."""
LINE_SECONDS = 2.0
"""What takes longer is a line where there is no terminal."""
QUIET_SECONDS = 30.0
"""After this time, the next line says how far it is."""


@dataclass(frozen=True)
class Step:
    """How far something is: `done` of `total`, since the clock's `started`; 0 in all where not known."""

    what: str
    done: int
    total: int
    started: float

    @property
    def text(self) -> str:
        """What is done, and how far it is: "reading images: 120 of 400", "epoch 2, step 120 of 400"."""
        if self.total <= 1:
            return self.what
        return f"{self.what}{'' if self.what.endswith(STEP) else ':'} {self.done:,} of {self.total:,}"

    def then(self, what: str, done: int, total: int, now: float) -> "Step":
        """Return the step that follows: the same one further on, or one that begins now, perhaps again."""
        goes_on = what == self.what and done >= self.done
        return Step(what, done, total, self.started if goes_on else now)


def draw_step(step: Step, now: float) -> RenderableType:
    """Return a step as a bar at the clock's time `now`; one of unknown length moves to and fro."""
    elapsed, counted = now - step.started, step.total > 1
    left = elapsed / step.done * (step.total - step.done) if counted and step.done else 0.0
    parts = [step.what, *([f"{step.done:,} of {step.total:,}"] if counted else []), clock_text(elapsed)]
    parts += [f"about {clock_text(left)} left"] if left else []
    return BarLine(step.done, step.total if counted else None, parts)


class Activity:
    """Says what a command waits for, inside a `with` block; calling it tells how far that is (`OnProgress`).

    On a terminal it is a bar, which is removed at the end. Elsewhere it is a line, once something has taken
    `LINE_SECONDS`, and again after each `QUIET_SECONDS`. Messages are written by `say` meanwhile, above the
    bar, and stdout is written to after the block.

    Args:
        what: what it waits for at first.
        console: a terminal on stderr; None for lines.
        write: writes a line.
        clock: returns seconds and never goes backwards.
    """

    def __init__(
        self,
        what: str,
        console: Console | None,
        write: Callable[[str], None] = say,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write, self._clock = write, clock
        self._step = Step(what, 0, 0, clock())
        self._said: str | None = None
        self._said_at = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_telling, name="activity", daemon=True)
        self._live = None
        if console is not None:
            self._live = Live(
                self,
                console=console,
                transient=True,
                refresh_per_second=4,
                redirect_stdout=False,
                redirect_stderr=False,
            )

    def __call__(self, what: str, done: int = 0, total: int = 0) -> None:
        """Note how far `what` is."""
        self._step = self._step.then(what, done, total, self._clock())

    def say(self, message: str) -> None:
        """Write a message to stderr."""
        if self._live is None:
            self._write(message)
        else:
            told = whole_words(masked(message), self._live.console.width)
            self._live.console.print(told, markup=False, highlight=False, soft_wrap=True)

    def tell(self) -> None:
        """Write a line if one is due."""
        step, now = self._step, self._clock()
        anew = step.what != self._said
        if now - (step.started if anew else self._said_at) >= (LINE_SECONDS if anew else QUIET_SECONDS):
            self._said, self._said_at = step.what, now
            self._write(step.text)

    def _keep_telling(self) -> None:
        while not self._ended.wait(SOON_SECONDS / 4):
            self.tell()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the step, if it takes a while."""
        step, now = self._step, self._clock()
        if now - step.started >= SOON_SECONDS:
            yield draw_step(step, now)

    def __enter__(self) -> Self:
        if self._live is None:
            self._thread.start()
        else:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._live is None:
            self._thread.join()
        else:
            self._live.stop()


def waiting(what: str) -> Activity:
    """Return an activity of this command, which begins with `what`: "reading the study"."""
    return Activity(what, screen())
