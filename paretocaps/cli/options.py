"""Options that several commands share, so that one name means one thing everywhere."""

import math
from collections.abc import Callable
from typing import Any, TypeVar

import click

from paretocaps.domain.objective import split_names
from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
FORMATS = ("table", "json", "csv")


def read_weights(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> dict[str, float] | None:
    """Read `acc=0.6,time=0.4` as weights by objective: numbers from 0 up, at least one above 0.

    Raises:
        BadParameter: it is not that.
    """
    if value is None:
        return None
    pairs = [part.rpartition("=") for part in split_names(value)]
    try:
        weights = {name.strip(): float(number) for name, _, number in pairs}
    except ValueError:
        weights = {}
    if not any(weights.values()) or not all(0 <= weight < math.inf for weight in weights.values()):
        raise click.BadParameter(f"{value!r} is not understood: write it like acc=0.6,time=0.4")
    return weights


def spec_option(flag: str, metavar: str, text: str, kind: type = str) -> Callable[[Decorated], Decorated]:
    """Return the option of the study file's key of the same name; its help ends with the key's default.

    A flag that is not given stays None: what holds then is settled where all sources are joined.
    """
    default = StudySpec.model_fields[flag.removeprefix("--").replace("-", "_")].default
    shown = ",".join(default) if isinstance(default, tuple) else default
    ending = "" if shown is None else f"  [default: {shown}]"
    return click.option(flag, metavar=metavar, type=kind, help=text + ending)


def storage_option(function: Decorated) -> Decorated:
    """Add `--storage`, the database that is read."""
    return click.option(
        "--storage",
        metavar="URL",
        default=DEFAULT_STORAGE,
        show_default=True,
        help="Database of the studies.",
    )(function)


def format_option(function: Decorated) -> Decorated:
    """Add `--format`, how the answer is written on stdout."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        help="How to write the answer on stdout.",
    )(function)


def choices_options(function: Decorated) -> Decorated:
    """Add `--set` and `--design`, which together name a set of choices."""
    design = click.option(
        "--design",
        metavar="NAME",
        help="Start from a named design, such as wab_ws (`paretocaps trainers`).",
    )
    settings = click.option(
        "--set",
        "settings",
        metavar="NAME=VALUE",
        multiple=True,
        help="Set one choice; repeat for more.",
    )
    return settings(design(function))


def view_options(function: Decorated) -> Decorated:
    """Add the argument STUDY and what makes a view of its front: objectives, requirements, devices."""
    study = click.argument("study", required=False)
    objectives = click.option(
        "--objectives",
        metavar="A,B,...",
        help="Rank over these instead of the study's own; nothing is trained again.",
    )
    require = click.option(
        "--require",
        metavar="BOUND",
        multiple=True,
        help='Leave out trials that miss a bound, such as "acc>=0.98"; repeat for more.',
    )
    device = click.option(
        "--device",
        metavar="NAME",
        help="Only trials measured on this device, where the study has several.",
    )
    scale_to = click.option(
        "--scale-to",
        metavar="NAME",
        help="Trials of every device, with times in seconds of this one by the devices' calibrations.",
    )
    return study(storage_option(objectives(require(device(scale_to(function))))))


def trial_options(function: Decorated) -> Decorated:
    """Add what picks one training of a stored study: `picking_options`, and which of the trial's seeds."""
    seed = click.option(
        "--seed", metavar="N", type=int, help="Of its seeds this one.  [default: the most accurate]"
    )
    return picking_options(seed(function))


def picking_options(function: Decorated) -> Decorated:
    """Add what picks one trial of a stored study: `--study` and one of four ways, and `--storage`."""
    study = click.option(
        "--study", metavar="NAME", help="Its study; may be left out where the storage has just one."
    )
    trial = click.option("--trial", metavar="N", type=int, help="Pick the trial of this number.")
    knee = click.option("--knee", is_flag=True, help="Pick the best compromise on the front.")
    best = click.option("--best", metavar="OBJECTIVE", help="Pick the best in one objective, such as acc.")
    weights = click.option(
        "--weights",
        "--pick",
        "weights",
        callback=read_weights,
        metavar="A=W,...",
        help="Pick the member of the front nearest to these weights, such as acc=0.6,time=0.4.",
    )
    require = click.option(
        "--require",
        metavar="BOUND",
        multiple=True,
        help='Pick among trials that keep a bound, such as "acc>=0.98"; repeat for more.',
    )
    return study(trial(knee(best(weights(require(storage_option(function)))))))
