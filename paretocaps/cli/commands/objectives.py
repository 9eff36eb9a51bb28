"""`paretocaps objectives`."""

import click

from paretocaps import service
from paretocaps.cli.options import format_option
from paretocaps.cli.output import write_rows


@click.command()
@format_option
def command(form: str) -> None:
    """List the objectives, with direction and unit.

    \b
    Example:
      paretocaps objectives --format json
    """
    write_rows(service.objectives(), form)
