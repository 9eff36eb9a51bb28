"""`paretocaps predict`."""

import time
from typing import Any

import click

from paretocaps import service
from paretocaps.cli.numbers import counted
from paretocaps.cli.options import format_option, shared
from paretocaps.cli.output import say, write_rows


@click.command()
@click.argument("export")
@click.argument("paths", nargs=-1, required=True)
@click.option(
    "--top", metavar="N", type=int, default=3, show_default=True, help="Classes to show, best first."
)
@click.option(
    "--engine",
    metavar="NAME",
    default="auto",
    show_default=True,
    help="torch, onnx, or auto: onnx, and from 10 seconds on the faster of both on the first batch.",
)
@shared("--batch", default=64, show_default=True)
@shared("--corrupt", default="refuse", show_default=True)
@click.option("--expect", metavar="CLASS", help="The class that all images should be.")
@click.option(
    "--expect-folders", is_flag=True, help="Each image should be of the class its folder is named after."
)
@format_option
def command(export: str, paths: tuple[str, ...], form: str, **options: Any) -> None:
    """Classify image files with an exported network.

    EXPORT is a folder of `paretocaps export`, PATHS are image files, or folders, which are searched
    for images with all folders below. Images become gray or coloured, and are resized, as the
    network needs them. Where it is said what to expect, the accuracy is told at the end.

    \b
    Examples:
      paretocaps predict exports/demo-trial-7 photo.png
      paretocaps predict exports/demo-trial-7 photos --corrupt skip --format json
      paretocaps predict exports/demo-trial-7 test --expect-folders --format csv
    """
    begin = time.perf_counter()
    found = list(service.predict(export, paths, service.predict_options(**options), say))
    seconds = time.perf_counter() - begin
    rows = [one.as_dict() for one in found]
    if form == "table":
        rows = [row | {"scores": _scores_text(row["scores"])} for row in rows]
    write_rows(rows, form)
    say(f"{counted(len(found), 'image')} in {seconds:.2f} s, {len(found) / seconds:.0f} per second, loaded")
    told = [one.right for one in found if one.right is not None]
    if told:
        say(f"accuracy {sum(told) / len(told):.4g}: {sum(told):,} of {counted(len(told), 'image')} right")


def _scores_text(scores: dict[str, float]) -> str:
    return ", ".join(f"{name} {score:.3f}" for name, score in scores.items())
