"""`paretocaps compare`."""

import click

from paretocaps import service
from paretocaps.cli.activity import waiting
from paretocaps.cli.comparison_view import write_comparison
from paretocaps.cli.completers import STUDIES
from paretocaps.cli.options import bounds_options, format_option, output_option, shared, storage_option
from paretocaps.cli.output import say


@click.command()
@click.argument("studies", nargs=-1, required=True, metavar="STUDY STUDY...", shell_complete=STUDIES)
@storage_option
@shared("--objectives", "  [default: those that all of them have]")
@bounds_options
@shared("--measured-on")
@shared("--scale-to")
@output_option("a page with the fronts in one picture.  [default: nowhere]")
@format_option
def command(
    studies: tuple[str, ...],
    storage: str,
    objectives: str | None,
    require: tuple[str, ...] | None,
    measured_on: str | None,
    scale_to: str | None,
    output: str | None,
    form: str,
) -> None:
    """Compare the fronts of studies, in one table and one picture.

    Each front is that within the bounds of its study. Their hypervolumes are measured from one reference
    point, a tenth worse than the worst member of all fronts, as shares of all between that and the ideal
    point. A member is beaten by one of another study that is at least as good in every objective.

    \b
    Examples:
      paretocaps compare demo demo-longer
      paretocaps compare demo demo-longer --objectives acc,params --output both.html
    """
    if output is not None:
        service.check_output(output)
    with waiting("reading the studies"):
        found = service.compare(studies, storage, objectives, require, measured_on, scale_to)
    write_comparison(found, form)
    if output is not None:
        with waiting("writing the page"):
            page = service.write_comparison(found, output)
        say(f"written to {page}")
    elif form == "table":
        say("give --output page.html for the fronts in one picture")
