"""`paretocaps evaluate`."""

from typing import Any

import click

from paretocaps import service
from paretocaps.cli.activity import waiting
from paretocaps.cli.completers import COMPLETERS, STUDIES_OR_FOLDERS
from paretocaps.cli.evaluation_view import write_evaluation
from paretocaps.cli.options import (
    device_option,
    format_option,
    layout_options,
    output_option,
    picks_a_trial,
    seed_of_trial_option,
    shared,
    ways_to_pick,
)
from paretocaps.cli.output import say


@click.command()
@click.argument("networks", nargs=-1, metavar="[STUDY | EXPORT...]", shell_complete=STUDIES_OR_FOLDERS)
@shared("--study", " Optional if the storage has only one.")
@ways_to_pick
@seed_of_trial_option
@shared("--dataset", "  [default: the network's own]")
@shared("--data")
@shared("--corrupt", "  [default: refuse]")
@layout_options
@click.option(
    "--part",
    metavar="NAME",
    default="test",
    show_default=True,
    help="Images to use: test or validation.",
    shell_complete=COMPLETERS["--part"],
)
@click.option("--limit", metavar="N", type=int, help="Use only N of the images, stratified.")
@device_option
@click.option(
    "--robust/--no-robust",
    default=True,
    show_default=True,
    help="Also measure accuracy under 26 transforms.",
)
@click.option(
    "--grid",
    "grids",
    metavar="CLASS",
    type=int,
    multiple=True,
    help="Draw the perturbation grid of this class number; repeat for more.  [default: the first ten]",
)
@output_option("a page with figures and pictures.  [default: nowhere]")
@format_option
def command(
    networks: tuple[str, ...],
    robust: bool,
    grids: tuple[int, ...],
    output: str | None,
    form: str,
    dataset: str | None,
    data: str | None,
    part: str,
    limit: int | None,
    device: str,
    **others: Any,
) -> None:
    """Evaluate a network on test images: accuracy, robustness, pictures.

    EXPORT is a folder written by `paretocaps export` or by a training, or a weights file; several are
    evaluated as an ensemble and each alone. Instead, a trial of STUDY can be picked (--knee, --trial
    and so on).

    The output has the accuracy with its 95 % interval, precision, recall, F1 and the area under the ROC
    curve by class, the expected calibration error, and the accuracy on rotated, shifted, scaled and sheared
    images. An export is evaluated in float32, as `paretocaps predict` computes; a trial, a training and
    weights in the precision of the training, which the output names. With --output, a page adds figures,
    reconstructions, and the effect of each pose dimension.

    \b
    Examples:
      paretocaps evaluate demo --knee --output demo.html
      paretocaps evaluate exports/demo-trial-7 --no-robust --format json
      paretocaps evaluate exports/a exports/b exports/c exports/d --dataset digits
    """
    if grids and output is None:
        raise click.UsageError("--grid draws on a page: give --output page.html")
    if output is not None:
        service.check_output(output)  # before minutes of measuring
    reading = {name: others.pop(name) for name in ("corrupt", "parts", "classes_are_folders", "transpose")}
    trial = others
    picks = picks_a_trial(trial)
    if picks and len(networks) == 1 and trial["study"] is None and not service.is_network(networks[0]):
        trial["study"], networks = networks[0], ()
    if picks and networks:
        raise click.UsageError("exports are named and a trial is picked, too: give one or the other")
    picked = service.pick_trial(**trial) if picks else None
    options = service.EvaluateOptions(
        dataset, data, part, limit, device, robust, output is not None, grids or None, **reading
    )
    with waiting("loading the network") as waits:
        found = service.evaluate(networks, picked, options, waits.say, waits)
    for remark in found.appraisal.remarks:
        say(remark)
    write_evaluation(found.as_dict(), form)
    if output is not None:
        with waiting("writing the page"):
            page = service.write_evaluation(output, found)
        say(f"written to {page}")
    elif form == "table":
        say("give --output page.html for figures, reconstructions and perturbation grids")
