"""`paretocaps lr-range`."""

from typing import Any

import click

from paretocaps import service
from paretocaps.cli.lr_range_view import write_range
from paretocaps.cli.options import choices_options, format_option, spec_option


@click.command()
@choices_options
@spec_option("--dataset", "NAME", "Data set by name.  [default: digits]")
@spec_option("--data", "PATH", "Local images instead: class folders, IDX or parquet files.")
@spec_option("--limit-train", "N", "Train on N images, stratified; for quick runs.", int)
@click.option("--lr-low", metavar="RATE", type=float, default=1e-6, show_default=True, help="First rate.")
@click.option("--lr-high", metavar="RATE", type=float, default=1.0, show_default=True, help="Last rate.")
@click.option("--steps", metavar="N", type=int, help="Optimiser steps.  [default: one epoch's, 100 to 300]")
@click.option("--device", metavar="NAME", default="cpu", show_default=True, help="cpu, cuda or cuda:N.")
@click.option("--seed", metavar="N", type=int, default=0, show_default=True, help="Of weights and order.")
@click.option("--draw/--no-draw", default=None, help="Draw the curve.  [default: on a terminal]")
@click.option("--output", metavar="FILE", help="Write the curve as an HTML page, too.")
@format_option
def command(draw: bool | None, output: str | None, form: str, **options: Any) -> None:
    """Find the learning rates worth searching: a range test.

    A new network is trained while its learning rate rises from step to step, until the loss does, too.
    The bounds it suggests, for lr_min and lr_max, are two and one orders of magnitude below the rate of
    the lowest smoothed loss.

    \b
    Examples:
      paretocaps lr-range
      paretocaps lr-range --design ws --dataset mnist --limit-train 10000
      paretocaps lr-range --set optimizer=ranger21 --output range.html
    """
    if output is not None:
        service.check_output(output)  # before minutes of training
    test = service.lr_range(service.RangeOptions(**options))
    write_range(test, form, draw)
    if output is not None:
        click.echo(service.write_range_page(test, output), err=True)
