"""Writes the result of `paretocaps confirm`: what further seeds changed, and the front."""

from dataclasses import replace

from paretocaps.cli.front_view import show_front
from paretocaps.cli.next_commands import next_commands
from paretocaps.cli.output import say
from paretocaps.domain.duration import clock_text
from paretocaps.domain.wording import counted, trials_text
from paretocaps.service import ConfirmSummary


def show_confirmed(summary: ConfirmSummary) -> None:
    """Show how many seeds were trained and why no more, who joined or left the front, and the front."""
    front = summary.front
    trained = counted(summary.trained, "further seed")
    say(f"study {front.study}: {trained} trained; further seeds took {clock_text(summary.seconds)} in all")
    say(summary.why)
    for what, trials in (("on the front since", summary.joined), ("no longer on the front", summary.left)):
        if trials:
            say(f"{what}: {trials_text(trials)}")
    for line in replace(front, corner=()).left_out:
        say(line)
    show_front(front, storage=summary.storage)
    say("")
    several = len(front.devices) > 1
    for line in next_commands(front.study, summary.storage, front.device if several else None):
        say(line)
