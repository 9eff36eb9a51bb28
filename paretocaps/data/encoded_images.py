"""Images as files, before they are decoded: what sources deliver that read JPEG, PNG and the like."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from paretocaps.data.raw import Labels

File = bytes | Path
"""One encoded image: its content, or where it lies."""


@dataclass(frozen=True, eq=False)
class EncodedPart:
    """The training or the test part of a data set, as files.

    Args:
        labels: int64 [N].
        origin: the folder, file or data set, for error messages.
        files: returns an iterator over the N images, in the order of the labels; called once for each pass.
        name: what the image of a row (counted from 0) is called in error messages.
    """

    labels: Labels
    origin: str
    files: Callable[[], Iterator[File]]
    name: Callable[[int], str]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class EncodedData:
    """A data set as files, of any sizes and kinds; `paretocaps.data.arrays` decodes it.

    Args:
        train: the training part.
        test: the test part, or None where the source has none.
        name: short, for the name of the prepared file.
        fingerprint: another one for other contents; the prepared file is found by it.
        classes: the number of classes the source declares, or None to count the training labels.
        class_names: their names, in the order of the labels, where the source has them.
        channels: what every image is converted to unless something else is asked for; None: as they are.
        tabular: whether the files come from a few tables, which are read fast: small images of one size
            are then decoded every time, and nothing is written to disk.
        remarks: what a user should know about how the source was understood, a line each.
    """

    train: EncodedPart
    test: EncodedPart | None
    name: str
    fingerprint: str
    classes: int | None = None
    class_names: tuple[str, ...] | None = None
    channels: int | None = None
    tabular: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[EncodedPart, ...]:
        """The training part and, if there is one, the test part."""
        return (self.train,) if self.test is None else (self.train, self.test)
