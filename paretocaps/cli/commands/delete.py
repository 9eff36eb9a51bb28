"""`paretocaps delete`."""

import sys

import click

from paretocaps import service
from paretocaps.cli.activity import waiting
from paretocaps.cli.completers import STUDIES
from paretocaps.cli.options import storage_option
from paretocaps.cli.output import note, say
from paretocaps.domain.wording import counted
from paretocaps.report.tables import with_prefix


@click.command()
@click.argument("study", shell_complete=STUDIES)
@storage_option
@click.option("--yes", is_flag=True, help="Delete without asking.")
def command(study: str, storage: str, yes: bool) -> None:
    """Delete a study with its trials and its files.

    What is lost is said first, and you are asked. A study that a driver runs is not deleted. Exports,
    reports, the folders of `paretocaps train` and what lies in a folder of `--artifacts` stay.

    \b
    Examples:
      paretocaps delete demo
      paretocaps delete demo --yes
    """
    lost = service.extent(study, storage)
    what = f"study {study}: {counted(lost.trials, 'trial')}, {lost.with_weights} with weights"
    what += f", {with_prefix(lost.bytes, 'B')} of files"
    if lost.elsewhere:
        outside = counted(lost.elsewhere, "folder")
        note(
            f"{outside} of its trainings lie outside of the database's own and stay: remove them, or a study"
            " of this name and its settings takes them in"
        )
    if not yes:
        if sys.stdin is None or not sys.stdin.isatty():
            raise click.UsageError(f"nobody can be asked whether to delete {what}: give --yes")
        if not click.confirm(f"delete {what}?", err=True):
            say(f"study {study} is kept")
            raise click.exceptions.Exit(1)
    with waiting("deleting the study") as waits:
        service.delete(study, storage, waits.say)
    say(f"deleted {what}")
