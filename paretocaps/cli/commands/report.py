"""`paretocaps report`."""

import click

from paretocaps import service
from paretocaps.cli.options import view_options


@click.command()
@view_options
@click.option("--output", "-o", metavar="FILE", help="The page to write.  [default: named after the study]")
def command(
    study: str | None,
    storage: str,
    objectives: str | None,
    require: tuple[str, ...],
    device: str | None,
    scale_to: str | None,
    output: str | None,
) -> None:
    """Write a study's figures and tables as one page.

    The page's path is printed. STUDY is the study's name; it may be left out where the storage has just one.

    \b
    Examples:
      paretocaps report demo
      paretocaps report demo --require "acc>=0.9" --output demo.html
    """
    click.echo(service.write_report(study, storage, output, objectives, require, device, scale_to))
