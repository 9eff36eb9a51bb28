"""`paretocaps reproduce`."""

from typing import Any

import click

from paretocaps import service
from paretocaps.cli.activity import waiting
from paretocaps.cli.ending import end_soon
from paretocaps.cli.options import (
    device_option,
    format_option,
    layout_options,
    output_option,
    shared,
    storage_option,
)
from paretocaps.cli.reproduce_view import show_reproduced, write_tables
from paretocaps.cli.study_view import open_view
from paretocaps.domain.paper_table import SCALES
from paretocaps.search.interrupts import Interrupts


@click.command()
@click.argument("table", required=False)
@shared("--spec", " that declares tables of your own.  [default: those of paretocaps]", "spec_file")
@click.option(
    "--scale",
    type=click.Choice(SCALES),
    default="quick",
    show_default=True,
    help="How much to train: minutes, at most two hours on two cores, or as much as the paper.",
)
@shared("--data", " Or one folder with all data sets of the papers, each in its own.  [default: the hub's]")
@layout_options
@storage_option
@output_option("the page; the JSON lies beside it.  [default: reports/TABLE-SCALE.html]")
@shared("--seed", " first training of each row.  [default: the study file's]")
@shared("--timeout")
@device_option
@shared("--workers", "  [default: one per slot, GPU or node]")
@shared("--threads", "  [default: 1 where networks are small, else all]")
@shared("--plain", is_flag=True)
@format_option
def command(
    table: str | None,
    plain: bool,
    form: str,
    parts: str | None,
    classes_are_folders: bool | None,
    transpose: bool | None,
    **options: Any,
) -> None:
    """Make a table of a paper again, beside its published figures.

    TABLE is its name; without one, the tables are listed with what they show and about how long each
    scale takes on two cores. The study of a table is resumable: the same command goes on. Its page has the
    published figures beside the measured ones, and which of the paper's statements hold, by the intervals.

    \b
    Examples:
      paretocaps reproduce
      paretocaps reproduce fastrcaps-table1 --data DATA
      paretocaps reproduce fastrcaps-table1 --data DATA --scale cpu --timeout 30m
    """
    if table is None:
        with waiting("reading the study files"):
            rows = service.table_rows(options["spec_file"])
        write_tables(rows, form)
        return
    if form == "csv":
        raise click.UsageError(f"--format csv is for the list of tables: the figures of {table} are JSON")
    Interrupts.hurry = staticmethod(end_soon)
    layout = {"parts": parts, "classes_are_folders": classes_are_folders, "transpose": transpose}
    asked = service.ReproduceOptions(layout=layout, **options)
    with Interrupts().watching(), open_view(plain) as view:
        found = service.reproduce(table, asked, view)
    show_reproduced(found, form)
