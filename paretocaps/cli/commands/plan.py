"""`paretocaps plan`."""

import click

from paretocaps import service
from paretocaps.cli.options import choices_options, draw_option, format_option, output_option, shared
from paretocaps.cli.output import say
from paretocaps.cli.plan_view import write_plan


@click.command()
@choices_options
@shared("--images", default=60_000, show_default=True)
@shared("--epochs", default=30, show_default=True)
@draw_option
@output_option("the curves as a page.  [default: nowhere]")
@format_option
def command(
    settings: tuple[str, ...],
    design: str | None,
    images: int,
    epochs: int,
    draw: bool | None,
    output: str | None,
    form: str,
) -> None:
    """Show a schedule: learning rate and batch size, epoch by epoch.

    On a terminal, both are also drawn as curves over the steps.

    \b
    Examples:
      paretocaps plan --design wab --epochs 20
      paretocaps plan --design one_cycle --output plan.html
      paretocaps plan --set lr_policy=one_cycle --images 1438 --format json
    """
    if output is not None:
        service.check_output(output)  # before anything is shown
    view = service.plan(settings, design, images, epochs)
    write_plan(view, form, draw)
    if output is not None:
        say(f"written to {service.write_plan_page(view, output)}")
