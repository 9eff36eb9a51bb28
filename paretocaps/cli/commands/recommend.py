"""`paretocaps recommend`."""

import click

from paretocaps.cli.activity import waiting
from paretocaps.cli.options import format_option, prefer_option, view_options
from paretocaps.cli.recommend_view import write_recommendation
from paretocaps.cli.source import place, source


@click.command()
@view_options
@prefer_option
@click.option(
    "--baseline",
    metavar="DESIGN",
    default="baseline",
    show_default=True,
    help="Design whose trial the member is compared with.",
)
@format_option
def command(
    study: str | None,
    storage: str,
    objectives: str | None,
    require: tuple[str, ...] | None,
    measured_on: str | None,
    scale_to: str | None,
    preferences: dict[str, float] | None,
    aim: str | None,
    baseline: str,
    form: str,
) -> None:
    """Name one member of the front, with reasons.

    STUDY is the study's name, optional if the storage has only one. The member is the best compromise, or
    with --prefer or --aim the nearest one. It is set beside the baseline, and beside each member that is
    the next better one in an objective. Then come the choices that change along the front, and how much
    each choice decided, per objective, who is among the best trials (PED-ANOVA).

    \b
    Examples:
      paretocaps recommend demo
      paretocaps recommend demo --aim "acc>=0.95,time<=2"
      paretocaps recommend demo --prefer acc=0.6,time=0.4 --format json
    """
    view = study, storage, objectives, require, measured_on, scale_to
    with waiting("reading the study"):
        found = source().recommend(*view, preferences=preferences, aim=aim, baseline=baseline)
    write_recommendation(found, form, place(storage))
