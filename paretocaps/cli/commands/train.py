"""`paretocaps train`."""

from typing import Any

import click

from paretocaps import service
from paretocaps.cli.options import choices_options, format_option, picking_options
from paretocaps.cli.run_view import write_run
from paretocaps.cli.training_view import open_training_view


@click.command()
@picking_options
@choices_options
@click.option("--trainer", metavar="NAME", help="What trains.  [default: the study's, or capsnet]")
@click.option("--dataset", metavar="NAME", help="Data set by name.  [default: the study's, or digits]")
@click.option(
    "--data", metavar="PATH", help="Local images instead: a folder (class folders, IDX or parquet)."
)
@click.option("--limit-train", metavar="N", type=int, help="Train on N images, stratified.")
@click.option("--corrupt", metavar="refuse|skip", help="What to do about image files that cannot be read.")
@click.option("--channels", metavar="1|3", type=int, help="Make all images gray (1) or coloured (3).")
@click.option("--epochs", metavar="N", type=int, help="Epochs.  [default: the study's, or 30]")
@click.option("--seed", metavar="N", type=int, help="Of the training.  [default: the trial's, or 0]")
@click.option(
    "--device", metavar="NAME", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N."
)
@click.option(
    "--ranks",
    metavar="N",
    type=int,
    help="Processes that train together, each its part of every batch; on GPUs one a device.  [default: 1]",
)
@click.option("--output", "-o", metavar="FOLDER", help="The folder to train into.  [default: runs/...]")
@click.option(
    "--resume", is_flag=True, help="Go on after the last complete epoch of an interrupted training."
)
@click.option("--force", is_flag=True, help="Forget the training that is in the folder.")
@click.option("--plain", is_flag=True, help="A line an epoch instead of the live view.")
@format_option
def command(
    study: str | None,
    trial: int | None,
    knee: bool,
    best: str | None,
    weights: dict[str, float] | None,
    require: tuple[str, ...],
    storage: str,
    plain: bool,
    form: str,
    **options: Any,
) -> None:
    """Train one set of choices fully, with checkpoints.

    The choices are those of a study's trial, with its data and epochs, or given by --design and --set. The
    folder gets weights.pt (of the best epoch), measurement.json, epochs.csv, and after every epoch
    checkpoint.pt. Ctrl-C loses the epoch under way; the same command with --resume goes on, and ends at
    the same weights.

    \b
    Examples:
      paretocaps train --study demo --knee --epochs 30
      paretocaps train --study demo --trial 7 --dataset mnist --output runs/full
      paretocaps train --design wab_ws --set augment=shift --seed 1
      paretocaps train --design wab_ws --set augment=shift --seed 1 --resume
    """
    ways = {"trial": trial, "knee": knee or None, "best": best, "weights": weights}
    picked = None
    if study is not None or require or any(way is not None for way in ways.values()):
        picked = service.pick_trial(storage, study, trial, knee, best, weights, require)
    asked = service.TrainOptions(**options)
    with open_training_view(plain) as view:  # of torchrun's ranks the first one's only is told anything
        run = service.train(asked, picked, view)
    if service.is_first_rank():
        write_run(run, form)
