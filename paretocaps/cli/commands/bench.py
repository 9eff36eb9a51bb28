"""`paretocaps bench`."""

from typing import Any

import click

from paretocaps import service
from paretocaps.cli.bench_view import write_bench
from paretocaps.cli.options import choices_options, format_option
from paretocaps.cli.output import say


@click.command()
@choices_options
@click.option("--image", metavar="HxWxC", default="28x28x1", show_default=True, help="Size of an image.")
@click.option("--classes", metavar="N", type=int, default=10, show_default=True, help="Number of classes.")
@click.option("--images", metavar="N", type=int, default=60_000, show_default=True, help="Images an epoch.")
@click.option(
    "--batch",
    "batches",
    metavar="N",
    type=int,
    multiple=True,
    default=(128, 16, 1),
    show_default=True,
    help="Batch size; repeat.",
)
@click.option(
    "--precision",
    "precisions",
    metavar="NAME",
    multiple=True,
    default=("auto",),
    show_default=True,
    help="auto, fp32, bf16 or fp16; repeat.",
)
@click.option("--device", metavar="NAME", default="cpu", show_default=True, help="cpu, cuda or cuda:N.")
@click.option("--steps", metavar="N", type=int, default=10, show_default=True, help="Timed turns a case.")
@click.option("--against", metavar="NAME", help="Time another network in turn: textbook or baseline.")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Time the baseline against the textbook in every precision, and ws against the baseline.",
)
@click.option("--out", metavar="FILE", help="Also write the rows, with device and date, to a JSON file.")
@format_option
def command(everything: bool, out: str | None, form: str, **options: Any) -> None:
    """Time training steps on this machine.

    The images are random. A ratio is the other network's seconds over ours, taken in turn in one
    process: above 1 is faster. `textbook` is the plain float32 network that one would write from the paper,
    `baseline` the papers' baseline as it is trained here.

    \b
    Examples:
      paretocaps bench --batch 128 --batch 1 --precision bf16
      paretocaps bench --design ws --against baseline --steps 3 --format json
      paretocaps bench --device cuda --all --out bench.json
    """
    timed = service.BenchOptions(**options)
    if out is not None:
        service.check_output(out, "out", "bench.json")  # before minutes of measuring
    rows = service.bench(timed, everything)
    write_bench(rows, form)
    if out is not None:
        say(f"written to {service.keep_bench(out, rows, timed)}")
