"""`paretocaps describe`."""

import click

from paretocaps import service
from paretocaps.cli.activity import waiting
from paretocaps.cli.options import choices_options, format_option, shared
from paretocaps.cli.parts_view import write_description


@click.command()
@choices_options
@shared("--image", default="28x28x1", show_default=True)
@shared("--classes", default=10, show_default=True)
@shared("--trainer", default="capsnet", show_default=True)
@format_option
def command(
    settings: tuple[str, ...], design: str | None, image: str, classes: int, trainer: str, form: str
) -> None:
    """Show the network that choices build: parameters, multiply-adds, memory.

    Nothing is trained. Parameters and multiply-adds (of one image's forward pass) are shown by part and
    in total, with the number of primary capsules if there are any, and an estimate of the memory that a
    training needs (in float32, unless precision is bf16 or fp16).

    \b
    Examples:
      paretocaps describe --design ws
      paretocaps describe --set decoder=none --image 32x32x3 --format json
    """
    with waiting("building the network"):
        description = service.describe(settings, design, image, classes, trainer)
    write_description(description.as_dict(), description.choices, trainer, form)
