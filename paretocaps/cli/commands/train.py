"""`paretocaps train`."""

from typing import Any

import click

from paretocaps import service
from paretocaps.cli.options import (
    choices_options,
    data_options,
    device_option,
    format_option,
    output_option,
    picking_options,
    picks_a_trial,
    shared,
)
from paretocaps.cli.run_view import write_run
from paretocaps.cli.training_view import open_training_view


@click.command()
@picking_options
@choices_options
@shared("--trainer", "  [default: the study's, or capsnet]")
@data_options("the study's, or digits", "the study's, or refuse")
@shared("--epochs", "  [default: the study's, or 30]")
@shared("--seed", " training.  [default: the trial's, or 0]")
@device_option
@shared("--ranks", "  [default: 1]")
@output_option("the training, a folder.  [default: runs/...]")
@shared("--checkpoint-every", "  [default: 10m]")
@click.option(
    "--resume", is_flag=True, help="Continue an interrupted training from its last whole checkpoint."
)
@click.option(
    "--save-trunk",
    metavar="FILE",
    help="Save the trained (and pruned) backbone for --set checkpoint=FILE; FILE ends in .safetensors.",
)
@shared("--force", is_flag=True)
@shared("--plain", is_flag=True)
@format_option
def command(
    study: str | None,
    trial: int | None,
    knee: bool,
    best: str | None,
    preferences: dict[str, float] | None,
    aim: str | None,
    require: tuple[str, ...] | None,
    storage: str,
    plain: bool,
    form: str,
    **options: Any,
) -> None:
    """Train one set of choices fully, with checkpoints.

    The choices are those of a trial of STUDY, with its data and epochs, or those given by --design and
    --set. The output folder gets weights.pt (of the best epoch), measurement.json, epochs.csv and
    checkpoints: one after every epoch of a second or more, and one within an epoch every ten minutes. Ctrl-C
    and a crash lose what came after the last one; the same command with --resume continues, and ends with
    the same weights. The last two are kept: where one is damaged, that is said, and the other is taken.

    A backbone that was pruned once is saved by --save-trunk. The choice checkpoint=FILE of other trainings
    and studies, with the same backbone, then starts from it in its pruned size, frozen or not.

    \b
    Examples:
      paretocaps train demo --knee --epochs 30
      paretocaps train demo --trial 7 --dataset mnist --output runs/full
      paretocaps train --design wab_ws --set augment=shift --seed 1
      paretocaps train --design wab_ws --set augment=shift --seed 1 --resume
      paretocaps train --set family=backbone_caps --set backbone=resnet18
        --set pruning_ratio=0.5 --save-trunk half.safetensors
    """
    ways: dict[str, Any] = {"study": study, "trial": trial, "knee": knee, "best": best}
    ways |= {"preferences": preferences, "aim": aim, "require": require}
    picked = service.pick_trial(storage, **ways) if picks_a_trial(ways) else None
    asked = service.TrainOptions(**options)
    with open_training_view(plain) as view:  # under torchrun, only the first rank reports anything
        run = service.train(asked, picked, view)
    if service.is_first_rank():
        write_run(run, form)
