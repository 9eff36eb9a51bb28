import errno
import inspect
import os
import pickle
from pathlib import Path

import pytest

from paretocaps import errors
from paretocaps.errors import (
    ParetocapsError,
    StudyMismatchError,
    UnknownNameError,
    UsageError,
    did_you_mean,
    first_line,
    naming,
    of_disk,
    why_not_written,
)

KINDS = [
    kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__
]

BEFELL = errors.UnavailableError, errors.LostStorageError, errors.FencedError  # a right use, while it ran


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_ours_and_has_an_exit_code(kind: type[ParetocapsError]) -> None:
    assert issubclass(kind, ParetocapsError)
    assert kind.exit_code == (1 if issubclass(kind, BEFELL) or not issubclass(kind, UsageError) else 2)


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_passes_between_processes(kind: type[ParetocapsError]) -> None:
    own: dict[type, tuple[object, ...]] = {
        UnknownNameError: ("colour", "x", ["red"]),
        StudyMismatchError: ("it differs", "keep it"),
        errors.UnavailableError: ("it is locked", "locked"),
    }
    error = kind(*own.get(kind, ("it failed",)))
    found = pickle.loads(pickle.dumps(error))
    assert (type(found), str(found), vars(found)) == (kind, str(error), vars(error))


def test_an_unknown_name_has_the_nearest_and_the_list() -> None:
    error = UnknownNameError("colour", "gren", ["red", "green"])
    assert str(error) == "unknown colour 'gren': did you mean 'green'? (known: green, red)"
    assert str(UnknownNameError("colour", "x", [])) == "unknown colour 'x' (known: none)"


def test_a_mismatch_holds_what_differs_and_what_to_do_apart() -> None:
    error = StudyMismatchError("study 's' was created with seed=0 (now 3)", "keep these settings")
    assert str(error) == f"{error.reason}: {error.remedy}, or choose another --study name"
    other = StudyMismatchError("it is read otherwise", "restore it", "go on elsewhere")
    assert str(other) == "it is read otherwise: restore it, or go on elsewhere"


def test_the_first_line_of_an_error_without_text_is_its_type() -> None:
    assert first_line(ValueError("one\ntwo")) == "one"
    assert first_line(ValueError()) == "ValueError"


def test_nothing_near_is_not_guessed() -> None:
    assert did_you_mean("zzz", ["red", "green"]) == ""
    assert did_you_mean("LR_MAX", ["lr_min", "lr_max"]) == ": did you mean 'lr_max'?"


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "No space left on device: free some space"),
        (errno.EDQUOT, "Disk quota exceeded: free some space"),
        (errno.EROFS, "Read-only file system: make its disk writable"),
        (errno.EACCES, "Permission denied: name another file"),
    ],
)
def test_what_cannot_be_written_has_its_remedy(number: int, reason: str) -> None:
    assert why_not_written(OSError(number, os.strerror(number)), "name another file") == reason


def test_a_write_that_fails_names_its_file() -> None:
    with pytest.raises(OSError, match="No space left") as caught, naming(Path("a.txt")):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert of_disk(caught.value) == "'a.txt' cannot be written: No space left on device: free some space"
    with pytest.raises(FileNotFoundError, match=r"'missing.txt'"), naming(Path("a.txt")):
        os.stat("missing.txt")


def test_only_a_disk_that_is_full_or_read_only_is_one() -> None:
    assert of_disk(OSError(errno.ENOSPC, "Full")) == "a file cannot be written: Full: free some space"
    read_only = OSError(errno.EROFS, "Read-only", "a")
    assert of_disk(read_only) == "'a' cannot be written: Read-only: make its disk writable"
    assert of_disk(OSError(errno.EACCES, "Permission denied")) == ""
    assert of_disk(ValueError("No space left on device")) == ""
