"""Options that several commands share, so that one name means one thing everywhere."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce, wraps
from typing import Any, Protocol, TypeVar, cast

import click

from paretocaps.cli.completers import COMPLETERS, STUDIES
from paretocaps.cli.meanings import MEANINGS
from paretocaps.domain.duration import duration_text
from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec
from paretocaps.errors import UsageError
from paretocaps.service.settings import parse_preferences

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Decorator(Protocol):
    """A decorator that adds options to a command's function."""

    def __call__(self, function: Decorated, /) -> Decorated:
        """Return the function with the options."""


def shared(flag: str, own: str = "", *names: str, **attributes: Any) -> Decorator:
    """Return an option of `MEANINGS`.

    Args:
        flag: its name.
        own: the rest of this command's help text, with the space or punctuation before it.
        names: other spellings of the flag, and the parameter's name where it differs.
        attributes: of the `click.Option`, such as its default.
    """
    meaning = MEANINGS[flag.partition("/")[0]]
    own_kind = {} if meaning.metavar is None and meaning.kind is str else {"type": meaning.kind}
    given = {"shell_complete": COMPLETERS.get(flag), **own_kind, **attributes}
    return click.option(flag, *names, metavar=meaning.metavar, help=meaning.text + own, **given)


def spec_option(flag: str, metavar: str, text: str, kind: type = str) -> Decorator:
    """Return the option for the study file's key of the same name; its help ends with the key's default.

    A flag that is not given stays None; its value is settled where all sources are joined.
    """
    offered = COMPLETERS.get(flag)
    return click.option(flag, metavar=metavar, type=kind, help=text + _default(flag), shell_complete=offered)


def shared_spec_option(flag: str, own: str = "", *names: str) -> Decorator:
    """Return an option of `MEANINGS` that is also a key of study files, as `spec_option` does for others."""
    return shared(flag, own + _default(flag), *names)


def _default(flag: str) -> str:
    default = StudySpec.model_fields[flag.removeprefix("--").replace("-", "_")].default
    shown = ",".join(default) if isinstance(default, tuple) else default
    if isinstance(default, float):
        shown = duration_text(default)
    return "" if shown is None else f"  [default: {shown}]"


def study_options(own: str = " Optional if the storage has only one.") -> Decorator:
    """Return a decorator that adds a study's name, as the argument STUDY or as `--study`: one parameter."""

    def decorate(function: Decorated) -> Decorated:
        @wraps(function)
        def joined(argument: str | None, study: str | None, **others: Any) -> Any:
            if None not in (argument, study) and argument != study:
                raise click.UsageError(f"STUDY is {argument!r} and --study {study!r}: give one of them")
            return function(study=study if argument is None else argument, **others)

        named = click.argument("argument", required=False, metavar="[STUDY]", shell_complete=STUDIES)
        return cast(Decorated, named(shared("--study", own)(joined)))

    return decorate


def storage_option(function: Decorated) -> Decorated:
    """Add `--storage`, the database that is read."""
    return shared("--storage", default=DEFAULT_STORAGE, show_default=True)(function)


def format_option(function: Decorated) -> Decorated:
    """Add `--format`, how the answer is written on stdout."""
    return shared("--format", "", "form", default="table", show_default=True)(function)


def device_option(function: Decorated) -> Decorated:
    """Add `--device`, where a command computes."""
    return shared("--device", default="auto", show_default=True)(function)


def draw_option(function: Decorated) -> Decorated:
    """Add `--draw/--no-draw`, whether curves are drawn in the terminal."""
    return shared("--draw/--no-draw", "  [default: on a terminal]", default=None)(function)


def output_option(what: str) -> Decorator:
    """Return `-o/--output`, where a command writes; the help names `what` it writes, and the default."""
    return shared("--output", f" {what}", "-o")


def choices_options(function: Decorated) -> Decorated:
    """Add `--set` and `--design`, which together name a set of choices."""
    design = shared("--design", " --set overrides its values.")
    return shared("--set", "", "settings", multiple=True)(design(function))


def data_options(dataset: str = "digits", corrupt: str = "refuse", *, validates: bool = True) -> Decorator:
    """Return a decorator that adds the images to train on: `--dataset`, `--data`, and how to read them.

    Args:
        dataset: the default data set, for the help.
        corrupt: the default for files that cannot be read, for the help.
        validates: whether the command judges networks on validation images.
    """
    options = (
        shared("--dataset", f"  [default: {dataset}]"),
        shared("--data"),
        shared("--limit-train"),
        *((shared("--limit-validation"),) if validates else ()),
        shared("--corrupt", f"  [default: {corrupt}]"),
        shared("--channels"),
        shared("--pairs", is_flag=True, default=None),
    )
    return lambda function: _added(options, layout_options(function))


def layout_options(function: Decorated) -> Decorated:
    """Add how the images are laid out: `--parts`, `--classes-are-folders` and `--transpose`."""
    options = (
        shared("--parts"),
        shared("--classes-are-folders", is_flag=True, default=None),
        shared("--transpose", is_flag=True, default=None),
    )
    return _added(options, function)


def _added(options: Sequence[Decorator], function: Decorated) -> Decorated:
    return reduce(lambda kept, option: option(kept), reversed(options), function)


def view_options(function: Decorated) -> Decorated:
    """Add the options that define a view of a study's front: the study, objectives, bounds, devices."""
    objectives = shared("--objectives", " They replace the study's own; nothing is trained again.")
    devices = shared("--measured-on")(shared("--scale-to")(function))
    view = objectives(bounds_options(devices))
    return study_options()(storage_option(view))


def bounds_options(function: Decorated) -> Decorated:
    """Add `--require` and `--all`: one parameter `require`, None for the study's own bounds, () for none."""

    @wraps(function)
    def joined(require: tuple[str, ...], everything: bool, **others: Any) -> Any:
        if require and everything:
            raise click.UsageError(
                f"--require {require[0]} sets a bound and --all lifts all bounds: give one of them"
            )
        return function(require=() if everything else require or None, **others)

    own = "  [default: the study's bounds]"
    unbounded = shared("--all", "", "everything", is_flag=True)(joined)
    return cast(Decorated, shared("--require", own, multiple=True)(unbounded))


def picking_options(function: Decorated) -> Decorated:
    """Add the options that pick one trial of a study: the study, four ways to pick, bounds, `--storage`."""
    return study_options()(ways_to_pick(function))


def ways_to_pick(function: Decorated) -> Decorated:
    """Add the five ways to pick a trial, `--require`, `--all` and `--storage`."""
    bounded = prefer_option(bounds_options(storage_option(function)))
    return shared("--trial")(shared("--knee", is_flag=True)(shared("--best")(bounded)))


def prefer_option(function: Decorated) -> Decorated:
    """Add `--prefer`, which is read as preferences by objective, and `--aim`."""
    preferences = shared("--prefer", "", "preferences", callback=read_preferences)
    return preferences(shared("--aim")(function))


def seed_of_trial_option(function: Decorated) -> Decorated:
    """Add `--seed`, which selects one of a stored trial's trainings."""
    return shared("--seed", " training, one of the trial's.  [default: the most accurate]")(function)


def picks_a_trial(given: Mapping[str, Any]) -> bool:
    """Return whether any parameter that picks a trial is `given`; `--storage` alone picks none."""
    values = [value for name, value in given.items() if name != "storage"]
    return any(value is not None and value is not False and value != () for value in values)


def read_preferences(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> dict[str, float] | None:
    """Read `acc=0.6,time=0.4` as preferences by objective.

    Raises:
        BadParameter: `value` is not understood.
    """
    try:
        return None if value is None else parse_preferences(value)
    except UsageError as error:
        raise click.BadParameter(str(error)) from None
