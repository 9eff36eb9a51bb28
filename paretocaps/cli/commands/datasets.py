"""`paretocaps datasets`."""

import click

from paretocaps import service
from paretocaps.cli.options import format_option
from paretocaps.cli.output import write_rows


@click.command()
@format_option
def command(form: str) -> None:
    """List the data sets known by name.

    \b
    Example:
      paretocaps datasets --format json
    """
    write_rows(service.datasets(), form)
