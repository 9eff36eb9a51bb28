"""`paretocaps copy`."""

import click

from paretocaps import service
from paretocaps.cli.activity import waiting
from paretocaps.cli.completers import STUDIES
from paretocaps.cli.options import storage_option
from paretocaps.cli.output import say
from paretocaps.domain.wording import counted
from paretocaps.search.interrupts import Interrupts


@click.command()
@click.argument("study", shell_complete=STUDIES)
@click.argument("name")
@storage_option
def command(study: str, name: str, storage: str) -> None:
    """Copy a study under another name, such as to go on from it in two ways.

    The copy has all trials with their measurements, and copies of the weights and checkpoints that are kept.
    What trains in the original meanwhile is a failed trial of the copy.

    \b
    Example:
      paretocaps copy demo demo-longer
    """
    with Interrupts().watching(), waiting("copying the study") as tell:
        trials = service.copy(study, name, storage, tell)
    say(f"study {name} is a copy of {study}, with {counted(trials, 'trial')}")
