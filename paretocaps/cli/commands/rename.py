"""`paretocaps rename`."""

import click

from paretocaps import service
from paretocaps.cli.activity import waiting
from paretocaps.cli.completers import STUDIES
from paretocaps.cli.options import storage_option
from paretocaps.cli.output import say
from paretocaps.search.interrupts import Interrupts


@click.command()
@click.argument("study", shell_complete=STUDIES)
@click.argument("name")
@storage_option
def command(study: str, name: str, storage: str) -> None:
    """Give a study another name.

    Its trials, fronts and files stay as they are; files keep the folder of the old name. A study that a
    driver runs is not renamed.

    \b
    Example:
      paretocaps rename demo first-try
    """
    with Interrupts().watching(), waiting("renaming the study") as waits:
        service.rename(study, name, storage, waits.say)
    say(f"study {study} is called {name} now")
