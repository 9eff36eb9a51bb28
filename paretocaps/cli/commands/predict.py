"""`paretocaps predict`."""

import time
from typing import Any

import click

from paretocaps import service
from paretocaps.cli.activity import waiting
from paretocaps.cli.completers import COMPLETERS, path
from paretocaps.cli.options import format_option, shared
from paretocaps.cli.output import say, write_rows
from paretocaps.domain.wording import counted


@click.command()
@click.argument("export", shell_complete=path("dir"))
@click.argument("paths", nargs=-1, required=True, shell_complete=path("file"))
@click.option(
    "--top",
    metavar="N",
    type=int,
    default=3,
    show_default=True,
    help="Number of classes to show, best first.",
)
@click.option(
    "--engine",
    metavar="NAME",
    default="auto",
    show_default=True,
    help="onnx, torch or auto: onnx, or for more than 10 seconds of work the faster one.",
    shell_complete=COMPLETERS["--engine"],
)
@shared("--batch", default=64, show_default=True)
@shared("--corrupt", default="refuse", show_default=True)
@click.option("--expect", metavar="CLASS", help="Expected class of all images.")
@click.option(
    "--expect-folders",
    is_flag=True,
    help="Expect of each image the class that the nearest folder above it names.",
)
@format_option
def command(export: str, paths: tuple[str, ...], form: str, **options: Any) -> None:
    """Classify image files with an exported network.

    EXPORT is a folder written by `paretocaps export`. PATHS are image files, or folders, which are
    searched with their sub-folders. Images are resized and converted to gray or colour as the network
    needs them. With --expect or --expect-folders, the accuracy is printed at the end.

    \b
    Examples:
      paretocaps predict exports/demo-trial-7 photo.png
      paretocaps predict exports/demo-trial-7 photos --corrupt skip --format json
      paretocaps predict exports/demo-trial-7 test --expect-folders --format csv
    """
    begin = time.perf_counter()
    with waiting("loading the network") as waits:
        found = list(service.predict(export, paths, service.predict_options(**options), waits.say, waits))
    seconds = time.perf_counter() - begin
    rows = [one.as_dict() for one in found]
    if form == "table":
        rows = [row | {"scores": _scores_text(row["scores"])} for row in rows]
    write_rows(rows, form)
    rate = f"{len(found) / seconds:.0f} per second including loading"
    say(f"{counted(len(found), 'image')} in {seconds:.2f} s, {rate}")
    right = [one.right for one in found if one.right is not None]
    if right:
        say(f"accuracy {sum(right) / len(right):.4g}: {sum(right):,} of {counted(len(right), 'image')} right")


def _scores_text(scores: dict[str, float]) -> str:
    return ", ".join(f"{name} {score:.3f}" for name, score in scores.items())
