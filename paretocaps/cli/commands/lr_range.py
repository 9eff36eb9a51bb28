"""`paretocaps lr-range`."""

from typing import Any

import click

from paretocaps import service
from paretocaps.cli.activity import waiting
from paretocaps.cli.lr_range_view import write_range
from paretocaps.cli.options import (
    choices_options,
    data_options,
    device_option,
    draw_option,
    format_option,
    output_option,
    shared,
)
from paretocaps.cli.output import say


@click.command()
@choices_options
@data_options(validates=False)
@click.option(
    "--lr-low", metavar="RATE", type=float, default=1e-6, show_default=True, help="First learning rate."
)
@click.option(
    "--lr-high", metavar="RATE", type=float, default=1.0, show_default=True, help="Last learning rate."
)
@shared("--steps", ".  [default: those of an epoch, from 100 to 300]")
@device_option
@shared("--seed", " training.", default=0, show_default=True)
@draw_option
@output_option("the curve as a page.  [default: nowhere]")
@format_option
def command(draw: bool | None, output: str | None, form: str, **options: Any) -> None:
    """Find the learning rates worth searching, by a range test.

    A new network is trained with a learning rate that rises at every step, until the loss rises, too. The
    suggested lr_min and lr_max are two orders and one order of magnitude below the rate with the lowest
    smoothed loss.

    \b
    Examples:
      paretocaps lr-range
      paretocaps lr-range --design ws --dataset mnist --limit-train 10000
      paretocaps lr-range --set optimizer=ranger21 --output range.html
    """
    if output is not None:
        service.check_output(output)  # before minutes of training
    with waiting("reading images") as waits:
        test = service.lr_range(service.RangeOptions(**options), waits.say, waits)
    write_range(test, form, draw)
    if output is not None:
        say(f"written to {service.write_range_page(test, output)}")
