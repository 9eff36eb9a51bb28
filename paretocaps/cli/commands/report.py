"""`paretocaps report`."""

import click

from paretocaps import service
from paretocaps.cli.activity import waiting
from paretocaps.cli.options import output_option, shared, view_options
from paretocaps.cli.source import source
from paretocaps.report.figure_files import folder_of


@click.command()
@view_options
@shared(
    "--run",
    " to write a page of instead of a study; repeat to set trainings beside each other.",
    "runs",
    multiple=True,
)
@output_option("the page.  [default: reports/STUDY.html]")
@click.option(
    "--standalone/--no-standalone",
    default=True,
    show_default=True,
    help="Put plotly.js into the page, or into a file beside it that all pages of the folder share.",
)
@click.option(
    "--pictures",
    type=click.Choice(("png", "svg")),
    help="Write every figure as a picture, too, into a folder beside the page.",
)
def command(
    study: str | None,
    storage: str,
    objectives: str | None,
    require: tuple[str, ...] | None,
    measured_on: str | None,
    scale_to: str | None,
    runs: tuple[str, ...],
    output: str | None,
    standalone: bool,
    pictures: str | None,
) -> None:
    """Write a study's figures and tables as one page.

    It begins with the recommended member: its values beside the baseline and the best, the front, and the
    command that trains it. The page's path is printed, then that of the folder with pictures, which need
    kaleido (`pip install 'paretocaps[pictures]'`) and a Chromium. STUDY is the study's name, optional if the
    storage has only one.

    \b
    Examples:
      paretocaps report demo
      paretocaps report demo --require "acc>=0.9" --output demo.html
      paretocaps report demo --pictures svg
      paretocaps report --run runs/ws --run runs/baseline
    """
    if runs:
        if study is not None or pictures is not None:
            other = f"study {study!r}" if study is not None else f"--pictures {pictures}"
            raise click.UsageError(f"--run {runs[0]} and {other}: give one of them")
        bound = {"--objectives": objectives, "--require": require, "--measured-on": measured_on}
        server = click.get_current_context().find_root().params.get("server")
        for name, value in {**bound, "--scale-to": scale_to, "--server": server}.items():
            if value or value == ():  # which --all makes of the bounds
                given = name if value else "--all"
                raise click.UsageError(f"--run {runs[0]} and {given}: that is for studies, leave it out")
        click.echo(service.write_run_report(runs, output, standalone=standalone))
        return
    asked = study, storage, output, objectives, require, measured_on, scale_to
    with waiting("writing the page"):
        page = source().write_report(*asked, standalone=standalone, pictures=pictures)
    click.echo(page)
    if pictures:
        click.echo(folder_of(page))
