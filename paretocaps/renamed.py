"""Renamed flags and arguments: an old name works for one version, and using it prints a note."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from types import MappingProxyType
from typing import ParamSpec, TypeVar

GONE_IN = "0.3"
"""The version in which the old names are removed."""

FLAGS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "front": {"--pick": "--prefer", "--device": "--measured-on"},
        "report": {"--device": "--measured-on"},
        "train": {"--pick": "--prefer", "--weights": "--prefer"},
        "evaluate": {"--pick": "--prefer", "--weights": "--prefer"},
        "export": {"--pick": "--prefer", "--weights": "--prefer", "--classes": "--class-names"},
        "bench": {"--out": "--output", "--all": "--everything"},
    }
)
"""For each command, its old flags and the flag that replaces each."""

Given = ParamSpec("Given")
Returned = TypeVar("Returned")


def note(old: str, new: str) -> str:
    """Return the sentence that tells a user about a new name."""
    return f"{old} is now {new}; the old name is removed in {GONE_IN}"


def with_new_flags(
    command: str, arguments: Sequence[str], flags: Mapping[str, Mapping[str, str]] = FLAGS
) -> tuple[list[str], list[str]]:
    """Return the arguments of a command with old flags replaced by new ones, and a note for each old flag.

    Arguments after `--` are not flags and stay as they are.

    Args:
        command: name of the command.
        arguments: the arguments that follow it on the command line.
        flags: the table of old flags.
    """
    renamed, end = flags.get(command, {}), len(arguments)
    if "--" in arguments:
        end = list(arguments).index("--")
    given = [argument.partition("=") for argument in arguments[:end]]
    notes = [note(old, renamed[old]) for old in dict.fromkeys(flag for flag, _, _ in given) if old in renamed]
    kept = [renamed.get(flag, flag) + equals + value for flag, equals, value in given]
    return [*kept, *arguments[end:]], notes


def renamed_arguments(**names: str) -> Callable[[Callable[Given, Returned]], Callable[Given, Returned]]:
    """Let a function accept the old names of its arguments, with a `FutureWarning` for each.

    The warning points to the caller's line. A call with both names of an argument raises TypeError, as for
    any argument that is given twice.

    Args:
        names: for each old name, the new one.
    """

    def decorate(function: Callable[Given, Returned]) -> Callable[Given, Returned]:
        @wraps(function)
        def call(*args: Given.args, **kwargs: Given.kwargs) -> Returned:
            for old, new in names.items():
                if old in kwargs:
                    if new in kwargs:
                        raise TypeError(f"{function.__name__}() got both {new!r} and its old name {old!r}")
                    warnings.warn(note(f"{old}=", f"{new}="), FutureWarning, stacklevel=2)
                    kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return call

    return decorate
