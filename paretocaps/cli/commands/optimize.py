"""`paretocaps optimize`."""

from pathlib import Path
from typing import Any

import click

from paretocaps import service
from paretocaps.cli.completers import COMPLETERS
from paretocaps.cli.ending import end_soon
from paretocaps.cli.options import data_options, shared, shared_spec_option, spec_option, study_options
from paretocaps.cli.study_view import open_view
from paretocaps.cli.summary import show_summary
from paretocaps.search.interrupts import Interrupts

_STALL = "  [default: 20 times its longest silence so far, 10m or more]"


@click.command()
@study_options("  [default: default]")
@shared("--spec", "; flags override its keys.", "spec_file")
@shared_spec_option("--objectives")
@spec_option("--trials", "N", "Number of finished trials to reach, stored ones included.", int)
@click.option("--more", metavar="N", type=int, help="Run N trials more than are stored.")
@shared_spec_option("--epochs")
@spec_option(
    "--sampler", "NAME", "Method that chooses the next trial (`paretocaps samplers`), or module:Class."
)
@click.option(
    "--from",
    "from_study",
    metavar="STUDY",
    shell_complete=COMPLETERS["--from"],
    help="Start a new study from the trials of this one: its front is tried first, and leads the sampler.",
)
@click.option(
    "--continue",
    "continues",
    is_flag=True,
    default=None,
    help="With --from: go on from its checkpoints, where no schedule is laid out for its fewer epochs.",
)
@click.option(
    "--keep-checkpoints/--no-keep-checkpoints",
    default=None,
    help="Keep the front's last checkpoints, so that a study of more epochs may continue them.",
)
@data_options()
@shared_spec_option("--storage")
@shared_spec_option("--storage-patience")
@shared_spec_option("--artifacts")
@shared_spec_option("--trainer")
@shared_spec_option("--executor")
@spec_option("--ray-address", "HOST:PORT", "Ray cluster to train on.  [default: one on this machine]")
@shared_spec_option("--workers", "  [default: one per slot, GPU or node]")
@shared_spec_option("--threads", "  [default: 1 where networks are small, else all]")
@shared_spec_option("--ranks")
@click.option(
    "--share-device/--no-share-device",
    default=None,
    help="Let jobs share a device even if a time or energy is an objective; their trials are flagged.",
)
@shared_spec_option("--device", " Several: cuda:0,cuda:2.", "--devices")
@spec_option("--stall-timeout", "TIME", f"End and retry a training that is silent this long.{_STALL}")
@spec_option("--trial-timeout", "TIME", "End a training after this time; its trial fails.")
@spec_option("--stop-early", "RULE", "End trainings that the front does not need: rungs, curves or none.")
@click.option(
    "--stop-designs/--no-stop-designs", default=None, help="Let --stop-early end trainings of designs, too."
)
@shared_spec_option("--timeout")
@shared_spec_option("--budget", " off lifts it.")
@spec_option(
    "--until-stable",
    "K",
    "End the study when its hypervolume grew by less than 0.1 % over K finished trials; 0 lifts it.",
    int,
)
@shared_spec_option("--seed", " first training of each trial, and of the sampler.")
@spec_option("--repeats", "N", "Trainings per trial, each with its own seed.", int)
@spec_option("--more-repeats", "N", "Trainings per trial beyond --repeats, of finished trials too.", int)
@spec_option(
    "--redo-loaded", "N", "Train front members whose device was busy again, at most N times each.", int
)
@spec_option(
    "--retries", "N", "Further tries of a training that is cut off and gets no further, as by a kill.", int
)
@shared("--checkpoint-every", "  [default: 10m]")
@shared(
    "--set",
    " The study does not search it; designs that contradict it are left out.",
    "--fix",
    "fix",
    multiple=True,
)
@shared("--space", "  [default: the trainer's]")
@click.option(
    "--lr-from-range",
    "--lr-range",
    "lr_range",
    is_flag=True,
    default=None,
    help="Search the learning rates that a range test finds first (`paretocaps lr-range`).",
)
@shared("--design", " The study starts with it instead of all designs; repeat for more.", multiple=True)
@click.option("--no-designs", is_flag=True, help="Start the study without designs.")
@shared("--require", " The sampler is led to trials within the bounds.", multiple=True)
@click.option(
    "--reject/--no-reject",
    default=None,
    help="Do not train what would break a bound, lack memory, diverge or be beaten.  [default: --reject]",
)
@shared("--log", multiple=True)
@shared("--plain", is_flag=True)
def command(
    spec_file: str | None,
    more: int | None,
    fix: tuple[str, ...],
    design: tuple[str, ...],
    no_designs: bool,
    require: tuple[str, ...],
    log: tuple[str, ...],
    plain: bool,
    **flags: Any,
) -> None:
    """Search training choices and keep the front.

    STUDY is the study's name. Every trial is stored when it finishes. Ctrl-C stops the study and loses at
    most the epochs under way; the same command continues it.

    \b
    Examples:
      paretocaps optimize --study demo --trials 24 --epochs 5
      paretocaps optimize --study ws --set weight_sharing=true --design baseline
      paretocaps optimize --study small --require "acc>=0.95" --require "params<=500k"
      paretocaps optimize --study demo --timeout 8h --trial-timeout 30m
      paretocaps optimize --study demo --trials 200 --budget 2h --until-stable 30
      paretocaps optimize --spec paretocaps:quickstart
    """
    _refuse_file(flags["study"])
    if design and no_designs:
        raise click.UsageError("--design and --no-designs contradict each other: give one of them")
    lists = {"fix": list(fix), "require": list(require), "designs": list(design), "log": list(log)}
    given = {name: value for name, value in {**flags, **lists}.items() if value not in (None, [])}
    if no_designs:
        given["designs"] = []
    Interrupts.hurry = staticmethod(end_soon)
    with Interrupts().watching(), open_view(plain) as view:
        summary = service.optimize(given, spec_file, more, view)
    show_summary(summary, view)


def _refuse_file(study: str | None) -> None:
    """Refuse a study file in the place of a name: its settings would not be read."""
    if study is not None and study.endswith(".toml") and Path(study).is_file():
        raise click.UsageError(f"STUDY is {study!r}, a file: give it as --spec {study}")
