"""The preparation of a data set: its images are decoded once, into a file."""

import math
import warnings
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from paretocaps.data.cache import new_images_file, write_end
from paretocaps.data.decode import Header, Pixels, UnfitImageError, read_header, read_pixels
from paretocaps.data.deep_images import DeepImages
from paretocaps.data.encoded_images import EncodedData, File
from paretocaps.data.mapped_in_order import mapped_in_order
from paretocaps.domain.job import Levels
from paretocaps.domain.progress import OnProgress
from paretocaps.errors import DataError

CAP = 256
"""The greatest length in pixels of the longer side of prepared images."""
_TOLD_EVERY = 64  # images between two reports of progress
Headers = NDArray[np.int32]
Unfit = dict[int, str]
"""By the row of an image, the reason why it cannot be read."""
Found = TypeVar("Found")


def prepare(
    data: EncodedData,
    channels: int | None,
    skip: bool,
    on_preparing: OnProgress,
    path: Path,
    size: tuple[int, int] | None = None,
    levels: Levels | None = None,
) -> None:
    """Decode the images of `data` into the file `path`, those of the training part first.

    They are resized to `size`, or, if that is None, to the median height and width of the training images,
    scaled down so that the longer side has at most `CAP` pixels. Images of another size are resized with
    antialiasing, not cropped. Grays of more than 8 bits are scaled from `levels`, or, if that is None, from
    the lowest and highest value of all training images. Only a few images per core are in memory at a time.

    Args:
        data: the image files.
        channels: 1 or 3, to which all images are converted; None if all are gray or all are coloured.
        skip: whether to leave out images that cannot be read, and not to refuse them.
        on_preparing: receives the progress.
        path: the file, which appears when it is complete.
        size: the height and width of all images, or None.
        levels: the values that become 0 and 255, or None.

    Raises:
        DataError: an image cannot be read and is not to be skipped, gray and coloured images are mixed, no
            image of a part or of a class can be read, images of more than 8 bits do not fit each other (see
            `DeepImages`), or the cache folder cannot be used.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns about oddities of files that it can read
        _Preparation(data, channels, skip, on_preparing, size, levels).write(path)


def common_size(headers: Headers) -> tuple[int, int]:
    """Return the height and width of the prepared images, given the headers [N, 3] of all images."""
    height, width = (float(np.median(headers[:, axis])) for axis in (0, 1))
    scale = min(1.0, CAP / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


class _Preparation:
    """One pass over the headers of `data`, and one over its pixels."""

    def __init__(
        self,
        data: EncodedData,
        channels: int | None,
        skip: bool,
        on_preparing: OnProgress,
        size: tuple[int, int] | None,
        levels: Levels | None,
    ) -> None:
        Image.init()  # here, because several threads must not do it at once
        self.data, self.channels, self.skip, self.on_preparing = data, channels, skip, on_preparing
        self.size, self.levels = size, levels
        self.count, self.train = sum(map(len, data.parts)), len(data.train)
        self.deep = DeepImages(self.train, self._name)
        self.anew = 0

    def write(self, path: Path) -> None:
        headers = self._headers()
        fit = headers[:, 2] > 0
        self._refuse_nothing(fit)
        channels = self.channels or self._one_kind(headers, fit)
        height, width = self.size or common_size(headers[: self.train][fit[: self.train]])
        image_shape = (height, width, channels)
        labels = np.concatenate([part.labels for part in self.data.parts])
        levels = self.deep.levels(self.levels)
        with new_images_file(path, self.count * (math.prod(image_shape) + 8)) as stream:
            unfit: Unfit = {}
            for row, pixels in self._passed(
                _pixels_of(channels, (height, width), levels), "preparing images"
            ):
                if isinstance(pixels, str):
                    unfit[row] = pixels
                elif not unfit or self.skip:
                    stream.write(pixels.data)
            self._refuse(unfit)
            fit = ~np.isin(np.arange(self.count), list(unfit))
            self._refuse_nothing(fit)
            skipped = [f"{self._name(row)} ({reason})" for row, reason in unfit.items()]
            resized = (headers[fit][:, :2] != image_shape[:2]).any(axis=1)
            ends = np.cumsum([len(part) for part in self.data.parts])
            header = {
                "train": int(fit[: self.train].sum()),
                "parts": [int(some.sum()) for some in np.split(fit, ends[:-1])],
                "resized": int(resized.sum()),
                "skipped": skipped,
                "levels": levels,
                "scaled": self.deep.scaled,
                "upper": self.deep.upper,
                "anew": self.anew,
            }
            write_end(stream, image_shape, labels[fit], header)

    def _headers(self) -> Headers:
        """Return height, width and channels of every image, [N, 3]; zeros for images that cannot be read."""
        found, unfit = np.zeros((self.count, 3), np.int32), Unfit()
        for row, header in self._passed(_header_of, "reading the sizes of images"):
            if isinstance(header, str):
                unfit[row] = header
            else:
                found[row] = header.height, header.width, header.channels
                self.deep.add(row, header)
                self.anew += header.anew
        self._refuse(unfit)
        return found

    def _passed(self, function: Callable[[File], Found], what: str) -> Iterator[tuple[int, Found]]:
        files = chain.from_iterable(part.files() for part in self.data.parts)
        self.on_preparing(what, 0, self.count)
        for row, found in enumerate(mapped_in_order(function, files)):
            yield row, found
            if (row + 1) % _TOLD_EVERY == 0 or row + 1 == self.count:
                self.on_preparing(what, row + 1, self.count)

    def _one_kind(self, headers: Headers, fit: NDArray[np.bool_]) -> int:
        kinds = {channels: np.flatnonzero(fit & (headers[:, 2] == channels)) for channels in (1, 3)}
        if len(kinds[1]) and len(kinds[3]):
            gray, coloured = (self._name(int(rows[0])) for rows in kinds.values())
            raise DataError(
                f"{gray} is gray but {coloured} is coloured ({len(kinds[1])} and {len(kinds[3])} images):"
                " make all of them coloured with --channels 3, or gray with --channels 1"
            )
        return 1 if len(kinds[1]) else 3

    def _refuse(self, unfit: Unfit) -> None:
        if not unfit or self.skip:
            return
        row, reason = next(iter(unfit.items()))
        others = len(unfit) - 1
        too = f", and {others} other{'s' * (others > 1)} of {self.count} images too" if others else ""
        raise DataError(
            f"{self._name(row)} is corrupt ({reason}){too}: replace it, or leave such images out with"
            " --corrupt skip"
        )

    def _refuse_nothing(self, fit: NDArray[np.bool_]) -> None:
        start = 0
        for part in self.data.parts:
            if not fit[start : start + len(part)].any():
                raise DataError(f"{part.origin}: none of its {len(part)} images can be read: get them again")
            start += len(part)
        labels = self.data.train.labels
        lost = np.setdiff1d(labels, labels[fit[: self.train]])
        if len(lost):
            names = self.data.class_names
            name = names[lost[0]] if names else str(lost[0])
            raise DataError(
                f"{self.data.train.origin}: none of the images of class {name!r} can be read: get them again"
            )

    def _name(self, row: int) -> str:
        for part in self.data.parts:
            if row < len(part):
                return part.name(row)
            row -= len(part)
        raise IndexError(row)


def _header_of(file: File) -> Header | str:
    try:
        return read_header(file)
    except UnfitImageError as error:
        return str(error)


def _pixels_of(channels: int, size: tuple[int, int], levels: Levels | None) -> Callable[[File], Pixels | str]:
    def pixels_of(file: File) -> Pixels | str:
        try:
            return np.ascontiguousarray(read_pixels(file, channels, size, levels))
        except UnfitImageError as error:
            return str(error)

    return pixels_of
