"""`paretocaps bench`."""

import click

from paretocaps import service
from paretocaps.cli.options import choices_options, format_option
from paretocaps.cli.output import write_rows


@click.command()
@choices_options
@click.option("--image", metavar="HxWxC", default="28x28x1", show_default=True, help="Size of an image.")
@click.option("--classes", metavar="N", type=int, default=10, show_default=True, help="Number of classes.")
@click.option(
    "--batch",
    "batches",
    metavar="N",
    type=int,
    multiple=True,
    help="Batch size; repeat.  [default: 128, 16, 1]",
)
@click.option("--precision", "precisions", metavar="NAME", multiple=True, help="auto, fp32 or bf16; repeat.")
@click.option("--device", metavar="NAME", default="cpu", show_default=True, help="cpu, cuda or cuda:N.")
@click.option("--steps", metavar="N", type=int, default=10, show_default=True, help="Timed steps a case.")
@click.option("--against", metavar="NAME", help="Time a yardstick in turn, for the ratio: textbook.")
@format_option
def command(
    settings: tuple[str, ...],
    design: str | None,
    image: str,
    classes: int,
    batches: tuple[int, ...],
    precisions: tuple[str, ...],
    device: str,
    steps: int,
    against: str | None,
    form: str,
) -> None:
    """Time training steps on this machine.

    The images are random. A ratio is the yardstick's seconds over ours: both networks' steps are taken
    in turn, in one process.

    \b
    Examples:
      paretocaps bench --batch 128 --batch 1 --precision bf16
      paretocaps bench --design ws --against textbook --steps 3 --format json
    """
    rows = service.bench(
        settings,
        design,
        image,
        classes,
        batches or (128, 16, 1),
        precisions or ("auto",),
        device,
        steps,
        against,
    )
    write_rows(rows, form)
