"""The errors of this package: each is one line that names the offending value and the remedy."""

import copyreg
import difflib
import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

Why = Literal["away", "locked", "full", "read-only"]
"""Why a database cannot be used at present."""


class ParetocapsError(Exception):
    """Base of every error that is raised on purpose; the command line exits with its `exit_code`.

    Example:
        ```python
        try:
            paretocaps.load_front("no such study")
        except paretocaps.ParetocapsError as error:
            print(error)  # one line, with the remedy
        ```
    """

    exit_code = 1

    def __reduce__(self) -> tuple[Any, ...]:
        """Let an error pass between processes, whatever it was made from."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class UsageError(ParetocapsError):
    """A value, a name or a combination that the caller gave is not allowed."""

    exit_code = 2


class DevicesError(UsageError):
    """Values of several devices, or versions of torch, are asked for that do not compare."""


class UnknownNameError(UsageError):
    """A name is not registered; the message suggests the nearest known one and lists all."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        super().__init__(
            f"unknown {kind} {name!r}{did_you_mean(name, names)} (known: {', '.join(names) or 'none'})"
        )


class DataError(UsageError):
    """A data set is missing, truncated, corrupt or unfit (too small, labels out of range)."""


class MissingError(UsageError):
    """What the caller names is not there."""


class StateError(UsageError):
    """What the caller asks for is not possible in the present state, which may change."""


class TooLargeError(UsageError):
    """What the caller sends is larger than a limit allows."""


class StorageError(UsageError):
    """A storage URL or database file cannot be used, or a study or trial is not in it."""


class UnavailableError(StorageError):
    """A database cannot be used at present, which may pass.

    Attributes:
        why: "away" (its server does not answer), "locked" (by another program), "full" (its disk, or the
            quota on it) or "read-only".
    """

    exit_code = 1

    def __init__(self, message: str, why: Why) -> None:
        super().__init__(message)
        self.why: Why = why


class LostStorageError(StorageError):
    """A database file was removed, replaced or damaged after it was opened: nothing more is written to it."""

    exit_code = 1


class FencedError(StorageError):
    """Another driver ended this one, which had been silent for too long, and took over its trials."""

    exit_code = 1


class NoStudiesError(StorageError):
    """A database is sound but holds no paretocaps studies."""


class StudyMismatchError(UsageError):
    """A study was reopened with other objectives, space, trainer or data than it was created with.

    Attributes:
        reason: what differs.
        remedy: what to do about it; the message also has what to do `otherwise`.
    """

    def __init__(self, reason: str, remedy: str, otherwise: str = "choose another --study name") -> None:
        super().__init__(f"{reason}: {remedy}, or {otherwise}")
        self.reason, self.remedy = reason, remedy


class TrainingError(ParetocapsError):
    """A training ended without a usable measurement; the message gives the reason."""


class LostError(TrainingError):
    """A process of a training was lost, by a kill or for lack of memory: the training may yet succeed."""


class DivergedError(TrainingError):
    """The loss, or a measured value, became NaN or infinite."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `": did you mean 'x'?"` for the known name nearest to `name`, or an empty string.

    Capital letters count as small ones.
    """
    by_small = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), list(by_small), n=1, cutoff=0.5)
    return f": did you mean {by_small[near[0]]!r}?" if near else ""


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or the name of its type where it has no text."""
    return (str(error).splitlines() or [type(error).__name__])[0]


_NO_MEMORY = ("out of memory", "can't allocate memory", "status_alloc_failed")


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether `error` means that a CPU or GPU ran out of memory, without importing torch."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in text for sign in _NO_MEMORY)


_OF_A_DEVICE = ("cuda error", "cuda driver error", "cublas_status", "cudnn_status", "nccl error")
_OF_THE_CODE = (
    "device-side assert",
    "no kernel image",
    "device function",
    "invalid argument",
    "invalid config",
)


def is_device_error(error: BaseException) -> bool:
    """Return whether `error` is one of a GPU or its driver, after which the process can no longer use it."""
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in text for sign in _OF_A_DEVICE)


def is_device_lost(error: BaseException) -> bool:
    """Return whether `error` means that a GPU failed or went away, which a new process may survive.

    It does not where the code asked the device for something wrong, as it will again.
    """
    return is_device_error(error) and not any(sign in str(error).lower() for sign in _OF_THE_CODE)


def is_passing(error: BaseException) -> bool:
    """Return whether a new process may be able to do what failed with `error`."""
    return isinstance(error, LostError) or is_out_of_memory(error) or is_device_lost(error)


def why_not_written(error: OSError, remedy: str) -> str:
    """Return why a file could not be written and the remedy: that of its disk, else `remedy`."""
    return f"{error.strerror or error}: {_of_disk(error) or remedy}"


def of_disk(error: BaseException) -> str:
    """Return one line that names the file, if a disk is full or read-only; else an empty string."""
    if not isinstance(error, OSError) or not _of_disk(error):
        return ""
    file = repr(error.filename) if error.filename else "a file"
    return f"{file} cannot be written: {why_not_written(error, '')}"


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Add `path` to write errors inside a `with` block, because a failed write does not name its file."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def _of_disk(error: OSError) -> str:
    """Return what to do about the disk that gave `error`; empty where the disk is not the cause."""
    if error.errno == errno.EROFS:
        return "make its disk writable"
    return "free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
