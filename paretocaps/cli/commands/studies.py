"""`paretocaps studies`."""

import click

from paretocaps import service
from paretocaps.cli.options import format_option, storage_option
from paretocaps.cli.output import write_rows


@click.command()
@storage_option
@format_option
def command(storage: str, form: str) -> None:
    """List the studies of a storage.

    \b
    Example:
      paretocaps studies --format json
    """
    write_rows(service.studies(storage), form)
