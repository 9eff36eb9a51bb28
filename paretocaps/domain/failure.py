"""The reason why a training has no measurement, as a value that the worker passes to the store."""

from dataclasses import dataclass


def storable(text: str) -> str:
    """Return a text, such as one with the name of a file, with what no database can store as escapes."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


@dataclass(frozen=True)
class Failure:
    """A training that ended without a measurement.

    Attributes:
        reason: the reason, in one line.
        may_pass: whether the same training may succeed if it is repeated: its worker was killed, was silent
            or could not start, memory ran out, the device was lost, or a disk was full.
        of_disk: whether the disk of its folder was full or read-only: it is repeated when that is over.
    """

    reason: str
    may_pass: bool = False
    of_disk: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", storable(self.reason))

    def __str__(self) -> str:
        return self.reason
