"""Options that several commands share, so that one name means one thing everywhere."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce, wraps
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeVar, cast

import click

from paretocaps.domain.duration import duration_text
from paretocaps.domain.objective import split_names
from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
FORMATS = ("table", "json", "csv")


class Decorator(Protocol):
    """A decorator that adds options to a command's function."""

    def __call__(self, function: Decorated, /) -> Decorated:
        """Return the function with the options."""


class Meaning(NamedTuple):
    """The meaning of an option on every command that has it: the name, help text and type of its value."""

    metavar: str | None
    text: str
    kind: Any = str


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "--study": Meaning("NAME", "Name of the study, like the argument STUDY."),
        "--storage": Meaning("PATH|URL", "Database of the studies: an SQLite file, or postgresql://..."),
        "--objectives": Meaning("A,B,...", "Two or more objectives."),
        "--require": Meaning(
            "BOUND", 'Keep only trials within a bound, as "acc>=0.98" or "params<=500k"; repeat for more.'
        ),
        "--all": Meaning(None, "Lift all bounds, including the study's."),
        "--measured-on": Meaning("NAME", "Keep only trials that were measured on this device."),
        "--scale-to": Meaning("NAME", "Keep trials of every device, with times scaled to this one."),
        "--trial": Meaning("N", "Choose the trial with this number.", int),
        "--best": Meaning("OBJECTIVE", "Choose the best trial in one objective, such as acc."),
        "--knee": Meaning(None, "Choose the best compromise on the front."),
        "--prefer": Meaning(
            "A=W,...",
            "Choose the member of the front nearest to these preferences, such as acc=0.6,time=0.4.",
        ),
        "--aim": Meaning(
            "BOUNDS", 'Choose the member nearest to these levels, such as "acc>=0.98,time<=60".'
        ),
        "--set": Meaning("NAME=VALUE", "Set one choice (`paretocaps choices` lists them); repeat for more."),
        "--design": Meaning("NAME", "Named set of choices, such as wab_ws (`paretocaps trainers`)."),
        "--trainer": Meaning("NAME", "Name of the trainer (`paretocaps trainers`)."),
        "--space": Meaning("NAME", "Choices to search, such as training or all (`paretocaps trainers`)."),
        "--dataset": Meaning("NAME", "Data set by name (`paretocaps datasets`)."),
        "--data": Meaning(
            "PATH", "Folder of images: one sub-folder per class, or IDX files, or parquet files."
        ),
        "--limit-train": Meaning("N", "Train on N images only, stratified, one per class or more.", int),
        "--limit-validation": Meaning(
            "N|all",
            "Validate on N images only, stratified, or on all.  [default: in proportion to --limit-train]",
        ),
        "--corrupt": Meaning("refuse|skip", "What to do with image files that cannot be read."),
        "--parts": Meaning(
            "train=A,test=B",
            "Parts of the data folder, and validation=C if there is one: sub-folders, parquet or IDX files.",
        ),
        "--classes-are-folders": Meaning(
            None, "Every sub-folder of the data folder is a class, though its name may be a part's."
        ),
        "--transpose": Meaning(None, "Exchange the rows and columns of all images, as EMNIST needs it."),
        "--channels": Meaning("1|3", "Convert all images to gray (1) or colour (3).", int),
        "--epochs": Meaning("N", "Epochs per training.", int),
        "--seed": Meaning("N", "Seed of the", int),
        "--device": Meaning("NAME", "Where to run: auto, cpu, cuda or cuda:N."),
        "--ranks": Meaning("N", "Processes that train one job together; on GPUs one per device.", int),
        "--checkpoint-every": Meaning(
            "TIME", "Keep a checkpoint within an epoch, too, every so often: 10m, or off."
        ),
        "--image": Meaning("HxWxC", "Height, width and channels of the images."),
        "--classes": Meaning("N", "Number of classes.", int),
        "--images": Meaning("N", "Number of training images.", int),
        "--batch": Meaning("N", "Images per batch.", int),
        "--steps": Meaning("N", "Number of optimiser steps", int),
        "--output": Meaning("PATH", "Where to write"),
        "--force": Meaning(None, "Replace existing output."),
        "--draw": Meaning(None, "Draw the curves in the terminal."),
        "--plain": Meaning(None, "Write plain lines instead of the live view."),
        "--format": Meaning(None, "Format of the output on stdout.", click.Choice(FORMATS)),
    }
)
"""The options that two or more commands have. Their help texts begin with this text, which lacks an end where
every command adds its own."""


def shared(flag: str, own: str = "", *names: str, **attributes: Any) -> Decorator:
    """Return an option of `MEANINGS`.

    Args:
        flag: its name.
        own: the rest of this command's help text, with the space or punctuation before it.
        names: other spellings of the flag, and the parameter's name where it differs.
        attributes: of the `click.Option`, such as its default.
    """
    meaning = MEANINGS[flag.partition("/")[0]]
    kind = {} if meaning.metavar is None and meaning.kind is str else {"type": meaning.kind}
    return click.option(
        flag, *names, metavar=meaning.metavar, help=meaning.text + own, **{**kind, **attributes}
    )


def spec_option(flag: str, metavar: str, text: str, kind: type = str) -> Decorator:
    """Return the option for the study file's key of the same name; its help ends with the key's default.

    A flag that is not given stays None; its value is settled where all sources are joined.
    """
    return click.option(flag, metavar=metavar, type=kind, help=text + _default(flag))


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

        named = click.argument("argument", required=False, metavar="[STUDY]")
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
    """Read `acc=0.6,time=0.4` as preferences by objective: numbers from 0 up, at least one above 0.

    Raises:
        BadParameter: `value` is anything else.
    """
    if value is None:
        return None
    pairs = [part.rpartition("=") for part in split_names(value)]
    try:
        read = {name.strip(): float(number) for name, _, number in pairs}
    except ValueError:
        read = {}
    if not any(read.values()) or not all(0 <= number < math.inf for number in read.values()):
        raise click.BadParameter(f"{value!r} is not understood: write it like acc=0.6,time=0.4")
    if len(read) < len(pairs):
        raise click.BadParameter(f"{value!r} names an objective twice: name each once")
    return read
