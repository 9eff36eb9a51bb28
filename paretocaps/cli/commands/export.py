"""`paretocaps export`."""

from typing import Any

import click

from paretocaps import service
from paretocaps.cli.activity import waiting
from paretocaps.cli.options import output_option, picking_options, picks_a_trial, seed_of_trial_option, shared
from paretocaps.cli.output import say


@click.command()
@picking_options
@seed_of_trial_option
@shared("--run", " (or its weights file) to export instead of a trial.")
@output_option("the export, a folder.  [default: exports/...]")
@click.option(
    "--class-names",
    metavar="A,B,...",
    help="Names of the classes, in the order of their labels.  [default: the data's, or 0,1,...]",
)
@click.option("--onnx/--no-onnx", default=True, show_default=True, help="Also write the ONNX graph.")
@shared("--force", is_flag=True)
def command(
    run: str | None, output: str | None, class_names: str | None, onnx: bool, force: bool, **trial: Any
) -> None:
    """Write a trained network as safetensors, JSON and ONNX.

    The network is that of a trial of STUDY (--knee, --trial and so on) or of a training's folder (--run).
    The export is a folder: network.safetensors holds the weights, network.json the network's description
    and origin; network.onnx computes class scores for batches of any size, and is compared with torch
    on up to 256 test images, random ones where these are not there. The folder's path is printed.

    \b
    Examples:
      paretocaps export demo --knee
      paretocaps export demo --trial 7 --class-names cat,dog --output pets
      paretocaps export --run runs/pets --no-onnx
    """
    names = None if class_names is None else [name.strip() for name in class_names.split(",")]
    options = service.ExportOptions(output, names, onnx, force)
    if run is not None:
        if picks_a_trial(trial):
            raise click.UsageError("--run already names a training: leave out the options that pick a trial")
        with waiting("loading the network") as waits:
            done = service.export_run(run, options, waits.say, waits)
    else:
        with waiting("reading the study") as waits:
            done = service.export_trial(service.pick_trial(**trial), options, waits.say, waits)
    about, graph = done.document.about, done.document.graph
    if about.trial is not None:
        where = f"trial {about.trial} of study {about.study}, seed {about.seed}"
        say(f"{where}: validation accuracy {about.acc:.4g}")
    if graph is not None:
        say(
            f"ONNX (opset {graph.opset}) and torch differ by {graph.largest_difference:.1e} at most"
            f" on {graph.images} {done.checked_on} images"
        )
    click.echo(done.folder)
