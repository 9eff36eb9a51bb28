"""`paretocaps report`."""

import click

from paretocaps import service
from paretocaps.cli.options import output_option, view_options


@click.command()
@view_options
@output_option("the page.  [default: reports/STUDY.html]")
def command(
    study: str | None,
    storage: str,
    objectives: str | None,
    require: tuple[str, ...] | None,
    measured_on: str | None,
    scale_to: str | None,
    output: str | None,
) -> None:
    """Write a study's figures and tables as one page.

    The page's path is printed. STUDY is the study's name, optional if the storage has only one.

    \b
    Examples:
      paretocaps report demo
      paretocaps report demo --require "acc>=0.9" --output demo.html
    """
    click.echo(service.write_report(study, storage, output, objectives, require, measured_on, scale_to))
