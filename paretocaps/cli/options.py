"""Options that several commands share, so that one name means one thing everywhere."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from paretocaps.domain.spec import DEFAULT_STORAGE

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
FORMATS = ("table", "json", "csv")


class Weights(click.ParamType):
    """`acc=0.6,time=0.4` as a dictionary of weights by objective."""

    name = "weights"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, float]:
        """Read the weights; each must be a number above or equal to 0, and one above it."""
        if isinstance(value, dict):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        try:
            weights = {name.strip(): float(number) for name, _, number in pairs}
        except ValueError:
            weights = {}
        if not weights or not all(0 <= weight < float("inf") for weight in weights.values()):
            self.fail(f"{value!r} is not understood: write it like acc=0.6,time=0.4", param, ctx)
        if not any(weights.values()):
            self.fail(f"{value!r} weighs nothing: give a number above 0", param, ctx)
        return weights


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
    """Add the argument STUDY and what makes a view of its front: objectives, requirements, device."""
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
    return study(storage_option(objectives(require(device(function)))))
