"""`paretocaps doctor`."""

import click

from paretocaps import service
from paretocaps.cli.activity import waiting
from paretocaps.cli.options import format_option, storage_option
from paretocaps.cli.output import write_rows


@click.command()
@storage_option
@format_option
@click.pass_context
def command(context: click.Context, storage: str, form: str) -> None:
    """Check this machine: packages, devices, storage.

    The exit code is 1 if a check fails.

    \b
    Example:
      paretocaps doctor --storage studies/paretocaps.db
    """
    with waiting("checking this machine"):
        rows = service.doctor(storage)
    write_rows(rows, form)
    context.exit(0 if all(row["ok"] for row in rows) else 1)
