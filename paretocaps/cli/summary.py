"""Writes the result of `paretocaps optimize`: the front, and commands that show more."""

import shlex

from paretocaps.cli.front_table import front_table
from paretocaps.cli.naming import flag_lines
from paretocaps.cli.numbers import clock_text, counted
from paretocaps.cli.output import console, say, show
from paretocaps.cli.progress import Progress, front_line
from paretocaps.domain.collapse import COLLAPSED
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.masking import masked
from paretocaps.report.interval_notes import interval_notes
from paretocaps.report.level_notes import level_notes
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
    for line in front.left_out:
        say(line)
    if front.members:
        say("")
        show(front_table(front.members, front.objectives, console().width, base=view.base))
        device = [front.measured_on] if front.measured_on else []
        notes = [*interval_notes(front.members, front.objectives), *level_notes(front)]
        for line in (*device, *flag_lines(front.members), *notes):
            say(line)
    say("")
    several = len(front.devices) > 1  # their times do not compare, so the front may have only one of them
    for line in next_commands(summary.study, summary.storage, front.device if several else None):
        say(line)


def next_commands(study: str, storage: str, device: str | None = None) -> list[str]:
    """Return the commands that show more of a study, each with what it does; `device` is the front's own."""
    where = "" if storage == DEFAULT_STORAGE else f" --storage {shlex.quote(masked(storage))}"
    own = "" if device is None else f" --measured-on {shlex.quote(device)}"
    name = shlex.quote(study)
    # a name that begins with "-" must follow `--`, which ends the options
    first, last = ("", f" -- {name}") if study[:1] == "-" else (f" {name}", "")
    commands = {
        f"paretocaps front{first}{where}{own} --all{last}": "the whole front, without bounds",
        f"paretocaps report{first}{where}{own}{last}": "figures and tables as a page",
        f"paretocaps dashboard{where}": "every trial, in a browser",
    }
    width = max(map(len, commands))
    return [f"{command:<{width}}  # {what}" for command, what in commands.items()]
