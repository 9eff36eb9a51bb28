"""The commands that train a trial of a report again."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.own_function import function_of
from paretocaps.domain.own_loop import NAME as LOOP
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import ParetocapsError
from paretocaps.masking import masked

_CAPSNET = "capsnet"
_DEFAULTS = {
    "dataset": None,
    "data": None,
    "limit_train": None,
    "limit_validation": None,
    "corrupt": "refuse",
    "channels": None,
    "parts": None,
    "classes_are_folders": False,
    "transpose": False,
    "pairs": False,
    "ranks": 1,
}
"""The settings of a study that are flags of `train`, too, with the values that need no flag."""


def training_command(study: str, trial: int, storage: str = "", trainer: str = _CAPSNET) -> str:
    """Return the command that trains a trial of a study, `paretocaps train demo --trial 7`.

    It is a call in Python where the trainer is a function of one's own, which no command has, and empty where
    a loop of one's own trains.

    Args:
        study: the study's name.
        trial: the trial's number.
        storage: the database; it is named, without a password, where it is not the default.
        trainer: the study's trainer.
    """
    own = [] if storage in ("", DEFAULT_STORAGE) else ["--storage", masked(storage)]
    if trainer == LOOP:
        return ""
    if function := function_of(trainer):
        named = [f"storage={place!r}" for place in own[1:]]
        arguments = [repr(study), f"trial={trial}", f"trainer={function}", *named]
        return f"paretocaps.train({', '.join(arguments)})"
    options = ["--trial", str(trial), *own]
    # a name that begins with "-" must follow `--`, which ends the options
    named = [*options, "--", study] if study.startswith("-") else [study, *options]
    return shlex.join(["paretocaps", "train", *named])


def reproducing_command(
    trial: FrontMember, settings: Mapping[str, Any], differing: Mapping[str, Any], seed: int
) -> str:
    """Return the command that makes a training of a trial anywhere, without the study.

    It names the choices in which the trial differs from the trainer's defaults, the images, the epochs and
    the seed; files and folders have no path.

    Args:
        trial: the trial.
        settings: the study's settings by name.
        differing: the trial's choices beside the study's baseline, with what the study fixed.
        seed: the training's seed.
    """
    trainer = str(settings.get("trainer") or _CAPSNET)
    words = ["paretocaps", "train"]
    for name, value in _named(trainer, trial.choices, differing).items():
        words += ["--set", f"{name}={_exact(value)}"]
    words += [] if trainer == _CAPSNET else ["--trainer", trainer]
    for name, default in _DEFAULTS.items():
        value = settings.get(name, default)
        if name == "ranks" and trial.choices.get(name):  # the choice says it
            continue
        if value is not None and value != default:
            flag = f"--{name.replace('_', '-')}"
            words += [flag] if value is True else [flag, _setting(name, value)]
    words += ["--epochs", str(settings.get("epochs", ""))] if settings.get("epochs") else []
    return shlex.join([*words, "--seed", str(seed)])


def _named(trainer: str, choices: Mapping[str, Any], differing: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return `differing` where a trainer completes it to `choices`, else all choices that have a value."""
    everything = {name: value for name, value in choices.items() if value is not None}
    try:
        completed = TRAINERS.get(trainer).canonical(dict(differing))
    except ParetocapsError:  # of a package that is not installed here
        return everything
    same = all(completed.get(name) == value for name, value in everything.items())
    return differing if same else everything


def _exact(value: Any) -> str:
    """Return a choice's value as the command line takes it, with all digits."""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, float) else str(value)


def _setting(name: str, value: Any) -> str:
    if name == "data":
        return Path(str(value)).name
    if isinstance(value, Mapping):
        return ",".join(f"{part}={place}" for part, place in value.items() if place is not None)
    return str(value)
