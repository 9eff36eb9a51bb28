"""Encoded images, as they are delivered by sources that read JPEG, PNG and similar files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from paretocaps.data.raw import Labels

File = bytes | Path
"""One encoded image: its content or its path."""


@dataclass(frozen=True, eq=False)
class EncodedPart:
    """The training or the test part of a data set, as files.

    Args:
        labels: int64 [N].
        origin: the folder, file or data set, for error messages.
        files: a function that returns an iterator over the N images, in the order of the labels; it is called
            once per pass.
        name: a function from the row of an image (from 0) to its name in error messages.
        place: where in the data it was found, for people, such as "val/"; empty if that tells them nothing.
    """

    labels: Labels
    origin: str
    files: Callable[[], Iterator[File]]
    name: Callable[[int], str]
    place: str = ""

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class EncodedData:
    """A data set as files of any size and kind; `paretocaps.data.arrays` decodes it.

    Args:
        train: the training part.
        test: the test part, or None if the source has none.
        name: a short name, for the name of the prepared file.
        fingerprint: text that differs for other contents; the prepared file is found by it.
        classes: the number of classes that the source declares, or None to count the training labels.
        class_names: the names of the classes, in the order of the labels, if the source has them.
        channels: the default number of channels to which all images are converted; None to keep their own.
        tabular: whether the files come from a few tables, which are read fast: small images of one size are
            then decoded every time, and nothing is written to disk.
        remarks: notes for the user on how the source was read, one line each.
        validation: the validation part, or None to take it from the training part.
        anew: what version 0.1 read otherwise, one phrase each (see `raw.RawData`).
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
    validation: EncodedPart | None = None
    anew: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[EncodedPart, ...]:
        """The training part, and the test and the validation part if there are any, in this order."""
        return tuple(part for part in (self.train, self.test, self.validation) if part is not None)
