"""`paretocaps choices`."""

import click

from paretocaps import service
from paretocaps.cli.choices_view import write_choices
from paretocaps.cli.options import format_option, shared


@click.command()
@click.argument("name", required=False)
@shared("--trainer", default="capsnet", show_default=True)
@format_option
def command(name: str | None, trainer: str, form: str) -> None:
    """List what can be chosen: values, default, condition and meaning.

    With NAME it shows that choice in full. What is "sampled" is what a study searches
    where nothing else is said; any choice is given on every command with --set NAME=VALUE.

    \b
    Examples:
      paretocaps choices
      paretocaps choices lr_policy
      paretocaps choices --format json
    """
    write_choices(service.choices(trainer, name), form, full=name is not None)
