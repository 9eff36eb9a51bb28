"""`paretocaps bench`."""

from typing import Any

import click

from paretocaps import service
from paretocaps.cli.activity import waiting
from paretocaps.cli.bench_view import write_bench
from paretocaps.cli.completers import COMPLETERS
from paretocaps.cli.options import choices_options, device_option, format_option, output_option, shared
from paretocaps.cli.output import say


@click.command()
@choices_options
@shared("--image", default="28x28x1", show_default=True)
@shared("--classes", default=10, show_default=True)
@shared("--images", default=60_000, show_default=True)
@shared("--batch", " Repeat for more.", "batches", multiple=True, default=(128, 16, 1), show_default=True)
@click.option(
    "--precision",
    "precisions",
    metavar="NAME",
    multiple=True,
    default=("auto",),
    show_default=True,
    help="auto, fp32, bf16 or fp16; repeat for more.",
)
@device_option
@shared("--steps", " to time per case.", default=10, show_default=True)
@click.option(
    "--against",
    metavar="NAME",
    help="Compare with another network: textbook or baseline.",
    shell_complete=COMPLETERS["--against"],
)
@click.option(
    "--everything",
    is_flag=True,
    help="Compare the baseline with the textbook in auto and fp32, and ws with the baseline.",
)
@click.option(
    "--published",
    metavar="FILE",
    shell_complete=COMPLETERS["--spec"],
    help="Study file with a paper's seconds per epoch by batch size, shown beside those measured; its fixed"
    " choices are timed.",
)
@output_option("the rows as JSON, with device and date.  [default: nowhere]")
@format_option
def command(everything: bool, output: str | None, form: str, **options: Any) -> None:
    """Time training steps on this machine.

    The images are random. With --against, both networks take steps alternately in one process, and the
    ratio is the other network's seconds divided by ours: above 1, ours is faster. `textbook` is the plain
    float32 network that one would write from the paper; `baseline` is the papers' baseline as it is trained
    here.

    \b
    Examples:
      paretocaps bench --batch 128 --batch 1 --precision bf16
      paretocaps bench --design ws --against baseline --steps 3 --format json
      paretocaps bench --published paretocaps:fastrcaps_mnist
      paretocaps bench --device cuda --everything --output bench.json
    """
    timed = service.BenchOptions(**options)
    if output is not None:
        service.check_output(output, example="bench.json")  # before minutes of measuring
    with waiting("timing steps") as tell:
        rows = service.bench(timed, everything, tell)
    write_bench(rows, form)
    if timed.published and form == "table":
        say(f"published: {service.published_sweep(timed.published).source}")
    if output is not None:
        say(f"written to {service.keep_bench(output, rows, timed)}")
