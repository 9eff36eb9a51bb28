"""`paretocaps trainers`."""

import click

from paretocaps import service
from paretocaps.cli.options import format_option
from paretocaps.cli.output import write_rows


@click.command()
@format_option
def command(form: str) -> None:
    """List the trainers, with their designs and spaces.

    \b
    Example:
      paretocaps trainers --format json
    """
    write_rows(service.trainers(), form)
