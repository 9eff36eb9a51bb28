"""`paretocaps specs`."""

import click

from paretocaps import service
from paretocaps.cli.completers import SPECS
from paretocaps.cli.options import format_option
from paretocaps.cli.output import write_rows
from paretocaps.domain.packaged_specs import packaged_text


@click.command()
@click.argument("name", required=False, metavar="[NAME]", shell_complete=SPECS)
@format_option
def command(name: str | None, form: str) -> None:
    """List the study files that come with the package, or show one.

    `--spec paretocaps:NAME` runs one from any folder. They are the papers' tables and the demo; a copy is the
    beginning of a study file of your own.

    \b
    Examples:
      paretocaps specs
      paretocaps optimize --spec paretocaps:quickstart --trials 30
      paretocaps specs quickstart > mine.toml
    """
    if name is None:
        write_rows(service.specs(), form)
    elif form != "table":
        raise click.UsageError(f"--format {form} is of the list, and {name} is shown as it is: leave it out")
    else:
        click.echo(packaged_text(name), nl=False)
