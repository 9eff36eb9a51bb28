"""`paretocaps studies`."""

import click

from paretocaps.cli.activity import waiting
from paretocaps.cli.options import format_option, storage_option
from paretocaps.cli.source import source
from paretocaps.cli.studies_view import write_studies


@click.command()
@storage_option
@format_option
def command(storage: str, form: str) -> None:
    """List the studies of a storage: state, trials, front, size.

    A study is running while a driver runs it, and complete once it has the trials that it shall have. Its
    front is that within its bounds, and its size that of its files on this machine, such as weights.

    \b
    Examples:
      paretocaps studies
      paretocaps studies --storage studies/mnist.db --format json
    """
    with waiting("reading the studies"):
        rows = source().studies(storage)
    write_studies(rows, form)
