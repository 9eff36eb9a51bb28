import errno
import inspect
import os

import pytest

from paretocaps import errors
from paretocaps.errors import ParetocapsError, UnknownNameError, UsageError, did_you_mean, why_not_written

KINDS = [
    kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_ours_and_has_an_exit_code(kind: type[ParetocapsError]) -> None:
    assert issubclass(kind, ParetocapsError)
    assert kind.exit_code == (2 if issubclass(kind, UsageError) else 1)


def test_an_unknown_name_has_the_nearest_and_the_list() -> None:
    error = UnknownNameError("colour", "gren", ["red", "green"])
    assert str(error) == "unknown colour 'gren': did you mean 'green'? (known: green, red)"
    assert str(UnknownNameError("colour", "x", [])) == "unknown colour 'x' (known: none)"


def test_nothing_near_is_not_guessed() -> None:
    assert did_you_mean("zzz", ["red", "green"]) == ""


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "No space left on device: free some space"),
        (errno.EDQUOT, "Disk quota exceeded: free some space"),
        (errno.EACCES, "Permission denied: name another file"),
    ],
)
def test_what_cannot_be_written_has_its_remedy(number: int, reason: str) -> None:
    assert why_not_written(OSError(number, os.strerror(number)), "name another file") == reason
