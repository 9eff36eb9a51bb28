"""`paretocaps optimize`."""

from typing import Any

import click

from paretocaps import service
from paretocaps.cli.options import spec_option
from paretocaps.cli.summary import show_summary
from paretocaps.cli.views import open_view


@click.command()
@spec_option("--study", "NAME", "Name of the study.")
@click.option("--spec", "spec_file", metavar="FILE", help="Study file (TOML); flags go before its keys.")
@spec_option("--objectives", "A,B,...", "Two or more objectives.")
@spec_option("--trials", "N", "Finished trials the study shall have.", int)
@click.option("--more", metavar="N", type=int, help="Add N trials to those it has.")
@spec_option("--epochs", "N", "Epochs a trial.", int)
@spec_option("--sampler", "NAME", "What chooses the next trial.")
@spec_option("--dataset", "NAME", "Data set by name.  [default: digits]")
@spec_option("--data", "PATH", "Local images instead: a folder with a sub-folder a class, IDX or parquet.")
@spec_option("--corrupt", "refuse|skip", "What to do about image files that cannot be read.")
@spec_option("--channels", "1|3", "Make all images gray (1) or coloured (3).", int)
@spec_option("--limit-train", "N", "Train on N images, stratified; for quick runs.", int)
@spec_option("--storage", "URL", "Database of the studies.")
@spec_option("--trainer", "NAME", "What trains a trial.")
@spec_option("--executor", "NAME", "How jobs run: processes or inline.")
@spec_option("--workers", "N", "Jobs at once that share a CPU, or with --share-device a GPU.", int)
@spec_option("--ranks", "N", "Processes that train each trial together; on GPUs one a device.", int)
@click.option(
    "--share-device/--no-share-device",
    default=None,
    help="Let jobs share a device though times are objectives; they are marked.",
)
@spec_option("--device", "NAME", "auto, cpu, cuda or cuda:N.")
@spec_option("--seed", "N", "Of the sampler and of the trainings.", int)
@spec_option("--repeats", "N", "Trainings a trial, each with its seed.", int)
@click.option("--fix", metavar="NAME=VALUE", multiple=True, help="Take a choice out of the search; repeat.")
@click.option("--design", metavar="NAME", multiple=True, help="Try only this named design first; repeat.")
@click.option("--no-designs", is_flag=True, help="Try no named designs first.")
@click.option(
    "--require",
    metavar="BOUND",
    multiple=True,
    help="Show only trials that keep a bound; repeat.  [default: acc>=0.9]",
)
@click.option("--plain", is_flag=True, help="Plain lines instead of the live view.")
def command(
    spec_file: str | None,
    more: int | None,
    fix: tuple[str, ...],
    design: tuple[str, ...],
    no_designs: bool,
    require: tuple[str, ...],
    plain: bool,
    **flags: Any,
) -> None:
    """Search training choices and keep the front.

    Every trial is stored as it finishes. Running the same command again completes the study;
    Ctrl-C stops it and loses at most the trials under way.

    \b
    Examples:
      paretocaps optimize --study demo --trials 24 --epochs 5
      paretocaps optimize --study ws --fix weight_sharing=true --design baseline
      paretocaps optimize --spec studies/quickstart.toml
    """
    if design and no_designs:
        raise click.UsageError("--design and --no-designs contradict each other: give one of them")
    lists = {"fix": list(fix), "require": list(require), "designs": list(design)}
    given = {name: value for name, value in {**flags, **lists}.items() if value not in (None, [])}
    if no_designs:
        given["designs"] = []
    with open_view(plain) as view:
        summary = service.optimize(given, spec_file, more, view)
    show_summary(summary, view)
