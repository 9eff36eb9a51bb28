"""Writes the result of `paretocaps optimize`: the front, and commands that show more."""

from dataclasses import replace

from paretocaps.cli.front_view import show_front
from paretocaps.cli.next_commands import next_commands
from paretocaps.cli.output import say
from paretocaps.cli.progress import Progress, front_line
from paretocaps.domain.collapse import COLLAPSED
from paretocaps.domain.duration import clock_text
from paretocaps.domain.wording import counted
from paretocaps.report.tables import FLAGS
from paretocaps.service import RunSummary


def show_summary(summary: RunSummary, view: Progress) -> None:
    """Show the front within the study's bounds, and the commands that show more."""
    front = summary.front
    failed = f", {summary.failed} failed" if summary.failed else ""
    finished = counted(summary.finished, "trial")
    rejected = f", {summary.rejected} rejected before training" if summary.rejected else ""
    stopped = f", {summary.stopped} stopped early" if summary.stopped else ""
    ended = f"{finished} finished{failed}{stopped}{rejected}"
    say(f"study {summary.study}: {ended} in {clock_text(view.elapsed)}")
    if summary.time_is_up:
        say(summary.time_is_up)
    if summary.ended:
        say(f"ended before all trials: {summary.ended}")
    if summary.predicted:
        say(summary.predicted)
    if summary.collapsed:
        say(f"{summary.collapsed} of them {COLLAPSED}: {FLAGS[COLLAPSED]}")
    say(front_line(view.spec, len(front), view.missing))
    for line in replace(front, corner=(), stopped=0, rejected=0).left_out:
        say(line)
    if front.members or front.nearest:
        say("")
        show_front(front, storage=summary.storage)
    several = len(front.devices) > 1  # their times do not compare, so the front may have only one of them
    for line in next_commands(summary.study, summary.storage, front.device if several else None):
        say(line)
