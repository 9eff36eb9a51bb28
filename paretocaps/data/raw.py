"""The arrays that every source delivers, and the checks that apply to all of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from paretocaps.domain.job import Levels
from paretocaps.errors import DataError

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class RawPart:
    """The training or the test part of a data set.

    Args:
        pixels: uint8 [M, C, H, W], with C of 1 or more; if it is mapped from a file, it may contain the
            images of several parts.
        labels: int64 [N].
        origin: the file or data set that it was read from, for error messages.
        rows: the indices [N] of this part's images among the M; None for all of them, in order.
        place: where in the data it was found, for people, such as "val/"; empty if that tells them nothing.
    """

    pixels: Images
    labels: Labels
    origin: str
    rows: Indices | None = None
    place: str = ""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def images(self) -> Images:
        """The images of this part, uint8 [N, C, H, W]; a copy if `rows` is given."""
        return self.pixels if self.rows is None else self.pixels[self.rows]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.pixels.shape[1:]
        return channels, height, width

    @property
    def mapped(self) -> bool:
        """Whether the pixels are mapped from a file, and not in memory."""
        return isinstance(self.pixels, np.memmap)

    def take(self, indices: Indices) -> "RawPart":
        """Return the images at `indices` with their labels, as a copy or as rows of the mapped file."""
        labels = self.labels[indices]
        if not self.mapped:
            return RawPart(self.images[indices], labels, self.origin)
        rows = indices if self.rows is None else self.rows[indices]
        return RawPart(self.pixels, labels, self.origin, rows)


@dataclass(frozen=True, eq=False)
class RawData:
    """A data set as its source delivers it.

    Args:
        train: the training part.
        test: the test part, or None if the source has none.
        classes: the number of classes that the source declares, or None to count the training labels.
        class_names: the names of the classes, in the order of the labels, if the source has them.
        remarks: notes for the user on how the source was read, one line each.
        validation: the validation part, or None to take it from the training part.
        levels: the values of grays of more than 8 bits that were read as 0 and 255; None if there are none.
        transposed: whether rows and columns of image files were exchanged, as is to be done when others are
            predicted.
        anew: what version 0.1 read otherwise, one phrase each, such as "3 images are turned upright"; a study
            of that version is not continued then.
    """

    train: RawPart
    test: RawPart | None = None
    classes: int | None = None
    class_names: tuple[str, ...] | None = None
    remarks: tuple[str, ...] = ()
    validation: RawPart | None = None
    levels: Levels | None = None
    transposed: bool = False
    anew: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[RawPart, ...]:
        """The training part, and the test and the validation part if there are any, in this order."""
        return tuple(part for part in (self.train, self.test, self.validation) if part is not None)

    def with_parts(self, changed: Callable[[RawPart], RawPart]) -> "RawData":
        """Return the data with each part as `changed` returns it."""
        test, validation = (part and changed(part) for part in (self.test, self.validation))
        return replace(self, train=changed(self.train), test=test, validation=validation)


def check_raw(data: RawData) -> int:
    """Check all parts of `data` and return the number of classes.

    Raises:
        DataError: a part is empty, an array has the wrong type or shape, image sizes differ, a label is out
            of range, or, if no number of classes is declared, a class has no image.
    """
    for part in data.parts:
        _check_arrays(part)
        if part.shape != data.train.shape:
            raise DataError(
                f"{part.origin}: images of {size(part.shape)}, but {data.train.origin} has"
                f" {size(data.train.shape)}: all parts must have one size"
            )
    classes = data.classes or count_classes(data.train.labels, data.train.origin)
    for part in data.parts:
        check_labels(part.labels, classes, part.origin)
    return classes


def check_labels(labels: Labels, classes: int | None, origin: str) -> None:
    """Refuse negative labels and, if the number of `classes` is known, labels that are too large.

    Raises:
        DataError: a label is out of range; the message names the first one and its row, counted from 0.
    """
    wrong = labels < 0 if classes is None else (labels < 0) | (labels >= classes)
    if wrong.any():
        row = int(wrong.argmax())
        allowed = "not be negative" if classes is None else f"be 0 to {classes - 1}"
        raise DataError(f"{origin}: label {labels[row]} of row {row} is out of range: it must {allowed}")


def count_classes(labels: Labels, origin: str) -> int:
    """Return the number of classes if none is declared: they are 0 to the highest label.

    Raises:
        DataError: a label is negative, or a class below the highest label has no image.
    """
    check_labels(labels, None, origin)
    present = np.unique(labels)
    gaps = present != np.arange(len(present))
    if gaps.any():
        raise DataError(
            f"{origin}: no image has label {int(gaps.argmax())} although labels go up to {present[-1]}:"
            " number the classes from 0 without gaps"
        )
    return len(present)


def size(shape: tuple[int, ...]) -> str:
    """Return an image's shape (C, H, W) as text, such as "28x28x1" (height, width, channels)."""
    channels, height, width = shape
    return f"{height}x{width}x{channels}"


def _check_arrays(part: RawPart) -> None:
    images, labels = part.pixels, part.labels
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] < 1:
        raise DataError(
            f"{part.origin}: images are {images.dtype} {list(images.shape)}: uint8 [N, C, H, W] with"
            " 1 channel or more is needed"
        )
    if labels.dtype != np.int64 or labels.shape != images.shape[:1]:
        raise DataError(
            f"{part.origin}: labels are {labels.dtype} {list(labels.shape)} for {len(images)} images:"
            f" int64 [{len(images)}] is needed"
        )
    if images.size == 0:
        raise DataError(f"{part.origin}: no images (shape {list(images.shape)}): name data that has some")
