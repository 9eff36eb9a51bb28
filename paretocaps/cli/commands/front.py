"""`paretocaps front`."""

import click

from paretocaps import service
from paretocaps.cli.front_view import write_front
from paretocaps.cli.options import format_option, read_weights, view_options


@click.command()
@view_options
@click.option("--knee", is_flag=True, help="Mark the best compromise; alone in JSON and CSV.")
@click.option(
    "--pick",
    callback=read_weights,
    metavar="A=W,...",
    help="Mark the member nearest to these weights, such as acc=0.6,time=0.4; alone in JSON and CSV.",
)
@format_option
def command(
    study: str | None,
    storage: str,
    objectives: str | None,
    require: tuple[str, ...],
    device: str | None,
    scale_to: str | None,
    knee: bool,
    pick: dict[str, float] | None,
    form: str,
) -> None:
    """Show the trials of a study that no other trial beats.

    STUDY is its name; it may be left out where the storage has just one.

    \b
    Examples:
      paretocaps front demo --require "acc>=0.9"
      paretocaps front demo --objectives acc,macs --format json
      paretocaps front demo --pick acc=0.6,time=0.4
    """
    if knee and pick:
        raise click.UsageError("--knee and --pick each mark one member: give one of them")
    front = service.load_front(study, storage, objectives, require, device, scale_to)
    member = front.knee() if knee else front.pick(pick) if pick else None
    write_front(front, member, "knee" if knee else "pick", form)
