"""`paretocaps space`."""

import click

from paretocaps.cli.options import format_option, shared, storage_option, study_options
from paretocaps.cli.source import source
from paretocaps.cli.space_view import write_space


@click.command()
@study_options("  [default: a new study]")
@storage_option
@shared("--spec", " of a new study.", "spec_file")
@shared("--space", "  [default: the trainer's]")
@shared("--trainer", "  [default: capsnet]")
@shared("--set", " It is not sampled.", "settings", multiple=True)
@format_option
def command(
    study: str | None,
    storage: str,
    spec_file: str | None,
    space: str | None,
    trainer: str | None,
    settings: tuple[str, ...],
    form: str,
) -> None:
    """Show what a study samples, and how many points that is.

    With STUDY it is the space of a stored study, without it that of a new one with these settings. A point
    has one value for each choice whose condition holds. The designs that a study tries first are named, too.

    \b
    Examples:
      paretocaps space
      paretocaps space demo
      paretocaps space --space all --set family=capsnet
      paretocaps space --spec paretocaps:quickstart --format json
    """
    write_space(source().space(study, storage, spec_file, space, trainer, settings), form)
