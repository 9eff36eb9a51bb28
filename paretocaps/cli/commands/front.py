"""`paretocaps front`."""

import click

from paretocaps.cli.activity import waiting
from paretocaps.cli.front_view import Chosen, write_front, write_history
from paretocaps.cli.options import format_option, prefer_option, shared, view_options
from paretocaps.cli.source import place, source
from paretocaps.report.front import Front


@click.command()
@view_options
@shared("--knee", is_flag=True)
@prefer_option
@click.option("--test", is_flag=True, help="Measure test accuracies, once, of the members that have none.")
@shared("--data", " Where this machine has the images, for --test.  [default: where they were]")
@click.option("--history", is_flag=True, help="Show the hypervolume over trials and training time instead.")
@format_option
def command(
    study: str | None,
    storage: str,
    objectives: str | None,
    require: tuple[str, ...] | None,
    measured_on: str | None,
    scale_to: str | None,
    knee: bool,
    preferences: dict[str, float] | None,
    aim: str | None,
    test: bool,
    data: str | None,
    history: bool,
    form: str,
) -> None:
    """Show the trials of a study that no other trial beats.

    STUDY is the study's name, optional if the storage has only one. The table has the values of each
    member, the choices that differ from the baseline, and a sentence on how it stands beside the member
    above it. The knee is marked, or with --prefer or --aim the nearest member; in JSON and CSV it is the
    only one, with --knee too. The collapsed corner, which hardly learned, stands apart, greyed; --all ranks
    it with the others. Where no trial keeps the bounds, the nearest are shown with what they miss.

    A value in the table has half the width of its 95 % interval, where it has one: over the seeds by
    Student's t, for an accuracy of one seed over its images by Wilson. JSON and CSV have the standard
    deviation and the ends of the interval beside each value (acc_sd, acc_low, acc_high), and the
    number of seeds (n).

    Only members of the front are judged on the test part: when `optimize` ends, those that keep the
    study's bounds, and the others with --test. A test accuracy is stored, and chooses nothing.

    \b
    Examples:
      paretocaps front demo --require "acc>=0.9"
      paretocaps front demo --objectives acc,macs --format json
      paretocaps front demo --prefer acc=0.6,time=0.4
      paretocaps front demo --all --test
      paretocaps front demo --history --format csv
    """
    if data is not None and not test:
        raise click.UsageError("--data is where --test reads images: leave it out, or give --test")
    if history:
        if knee or test or preferences is not None or aim is not None:
            raise click.UsageError("--history is of all trials: leave out --knee, --prefer, --aim and --test")
        with waiting("reading the study"):
            rows = source().history(study, storage, objectives, measured_on, scale_to, require=require)
        write_history(rows, form)
        return
    if sum((knee, preferences is not None, aim is not None)) > 1:
        raise click.UsageError("--knee, --prefer and --aim each mark one member: give one of them")
    view = study, storage, objectives, require, measured_on, scale_to
    with waiting("judging the test part" if test else "reading the study") as waits:
        images = {} if data is None else {"data": data}
        front = source().load_front(*view, test=test, notice=waits.say, **images)
    write_front(front, _chosen(front, knee, preferences, aim), form, place(storage))


def _chosen(front: Front, knee: bool, preferences: dict[str, float] | None, aim: str | None) -> Chosen | None:
    """Return the member that is asked for, if any is."""
    if knee:
        return Chosen(front.knee(), "knee")
    if preferences is not None:
        return Chosen(front.pick(preferences), "pick")
    return None if aim is None else Chosen(front.aim(aim), "pick")
