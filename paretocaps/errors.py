"""Errors: one clear line each, naming the offending value and the remedy."""

import difflib
import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class ParetocapsError(Exception):
    """Base of every error raised on purpose; `exit_code` is what the command line returns for it."""

    exit_code = 1


class UsageError(ParetocapsError):
    """The caller asked for something that cannot be: a value, a name, a combination."""

    exit_code = 2


class UnknownNameError(UsageError):
    """A name that is not registered; the message has the nearest known one and the list."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        super().__init__(
            f"unknown {kind} {name!r}{did_you_mean(name, names)} (known: {', '.join(names) or 'none'})"
        )


class DataError(UsageError):
    """A data set that is missing, truncated, corrupt or unfit (too small, labels out of range)."""


class StorageError(UsageError):
    """A storage URL or database file that cannot be used, or a study or trial that is not in it."""


class NoStudiesError(StorageError):
    """A database that is sound, but holds no studies of ours."""


class StudyMismatchError(UsageError):
    """A study reopened with other objectives, space, trainer or data than it was created with."""


class TrainingError(ParetocapsError):
    """A training that ended without a usable measurement, with its reason."""


class DivergedError(TrainingError):
    """The loss, or a measured value, became NaN or infinite."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `": did you mean 'x'?"` for the known name nearest to `name`, or an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f": did you mean {near[0]!r}?" if near else ""


_NO_MEMORY = ("out of memory", "can't allocate memory", "status_alloc_failed")


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether `error` says that memory ran out, on a CPU or a GPU; told without importing torch."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in text for sign in _NO_MEMORY)


def why_not_written(error: OSError, remedy: str) -> str:
    """Return why a file could not be written and what to do: on a full disk free space, else `remedy`."""
    return f"{error.strerror or error}: {'free some space' if _is_full(error) else remedy}"


def disk_full(error: BaseException) -> str:
    """Return one line on a disk that is full, with the file if `error` names one; empty for other errors."""
    if not isinstance(error, OSError) or not _is_full(error):
        return ""
    file = repr(error.filename) if error.filename else "a file"
    return f"{file} cannot be written: {why_not_written(error, '')}"


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let errors of writing to `path` inside a `with` block name it, as failed writes on their own do not."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def _is_full(error: OSError) -> bool:
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
