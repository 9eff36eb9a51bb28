"""`paretocaps samplers`."""

import click

from paretocaps import service
from paretocaps.cli.options import format_option
from paretocaps.cli.output import write_rows


@click.command()
@format_option
def command(form: str) -> None:
    """List the samplers.

    \b
    Example:
      paretocaps samplers --format json
    """
    write_rows(service.samplers(), form)
