"""`paretocaps confirm`."""

from typing import Any

import click

from paretocaps import service
from paretocaps.cli.confirm_view import show_confirmed
from paretocaps.cli.ending import end_soon
from paretocaps.cli.options import shared, study_options
from paretocaps.cli.study_view import open_view
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.search.interrupts import Interrupts


@click.command()
@study_options("  [default: default]")
@shared("--budget", "  [default: 30m]")
@click.option("--seeds", metavar="N", type=int, help="Seeds of one trial at most.  [default: 10]")
@shared("--storage", default=DEFAULT_STORAGE, show_default=True)
@shared("--storage-patience", "  [default: the study's]")
@shared("--artifacts")
@shared("--data", " Where this machine has the images.  [default: the study's]")
@shared("--executor", "  [default: the study's]")
@shared("--workers", "  [default: the study's]")
@shared("--device", " Several: cuda:0,cuda:2.  [default: the study's]")
@shared("--timeout")
@shared("--log", multiple=True)
@shared("--plain", is_flag=True)
def command(budget: str | None, seeds: int | None, plain: bool, **flags: Any) -> None:
    """Train further seeds where they decide who is on the front.

    STUDY is the study's name. Members of the front and trials near it that their seeds do not tell apart
    are trained with further seeds, the same ones for all; the training that tells most per second comes
    next. Each value is then a mean over more seeds. Every member gets the probability that no other trial
    beats it, over resampled seeds and validation images, and the front leaves out those that others
    more probably beat than not.

    The budget is in seconds of whole trainings, with evaluating, of all further seeds of the study: the
    same command again goes on where it stopped, a larger budget adds to it, and several may run at once.

    \b
    Examples:
      paretocaps confirm demo --budget 30m
      paretocaps confirm demo --budget 2h --seeds 5
    """
    Interrupts.hurry = staticmethod(end_soon)
    given = {name: value for name, value in flags.items() if value not in (None, ())}
    with Interrupts().watching(), open_view(plain) as view:
        summary = service.confirm(given, budget, seeds, view)
    show_confirmed(summary)
