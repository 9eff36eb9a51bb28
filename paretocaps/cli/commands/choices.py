"""`paretocaps choices`."""

import click

from paretocaps.cli.choices_view import write_choices
from paretocaps.cli.completers import CHOICES
from paretocaps.cli.options import format_option, shared
from paretocaps.cli.source import source


@click.command()
@click.argument("name", required=False, shell_complete=CHOICES)
@shared("--trainer", default="capsnet", show_default=True)
@shared("--space", "  [default: the trainer's]")
@format_option
def command(name: str | None, trainer: str, space: str | None, form: str) -> None:
    """List the choices: values, default, condition and meaning.

    With NAME, one choice is shown in full. "Sampled" are the values that a study searches by default, or
    with --space those of one of the trainer's spaces (`paretocaps trainers`).
    Every command that builds or trains a network takes --set NAME=VALUE.

    \b
    Examples:
      paretocaps choices
      paretocaps choices lr_policy
      paretocaps choices --space all
      paretocaps choices --format json
    """
    write_choices(source().choices(trainer, name, space), form, full=name is not None)
