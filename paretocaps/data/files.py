"""Single image files: they are found, decoded, and resized for a network."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from paretocaps.data.decode import Pixels, UnfitImageError, read_pixels
from paretocaps.data.encoded_images import File
from paretocaps.data.sources.image_files import SUFFIXES, LeftOut, images_below, left_out
from paretocaps.domain.job import Levels
from paretocaps.errors import DataError

CHANNELS = (1, 3)
"""The numbers of channels that images from files can have."""


def find_images(paths: Iterable[Path], talk: Callable[[str], None] | None = None) -> Iterator[Path]:
    """Yield the files among `paths`, and the image files in and below the folders among them, by name.

    In folders, files whose suffix is not an image's (`image_files.SUFFIXES`) are left out, and `talk`
    receives a line on them; hidden files and folders and `image_files.NO_CLASSES` are left out too. Links to
    folders are followed, as they are in training.

    Raises:
        DataError: a path does not exist, or a folder cannot be read or has no image file.
    """
    for path in paths:
        if path.is_dir():
            others = LeftOut()
            found = sorted(chain.from_iterable(images for _, images in images_below(path, others)))
            if not found:
                raise DataError(f"folder {str(path)!r} has no image files ({', '.join(SUFFIXES)})")
            if others and talk:
                talk(left_out(path, others))
            yield from found
        elif path.exists():
            yield path
        else:
            raise DataError(
                f"no such image file or folder: {str(path)!r}: name image files, or folders of them"
            )


def read_image(
    file: File,
    channels: int,
    height: int,
    width: int,
    levels: Levels | None = None,
    *,
    transposed: bool = False,
    name: str | None = None,
) -> Pixels:
    """Return an image file as uint8 [H, W, C], read in the same way as training images
    (`decode.read_pixels`).

    An image of another size is resized to `height` and `width`; its aspect ratio may change.

    Args:
        file: the file.
        channels: 1 (gray) or 3 (red, green, blue).
        height, width: the size in pixels.
        levels: the values of grays of more than 8 bits that become 0 and 255, those of the training images.
        transposed: whether rows and columns are exchanged, as those of the training images were.
        name: what the image is called in messages; None for its path.

    Raises:
        DataError: the file is missing, corrupt or not an image.
    """
    try:
        if transposed:
            return read_pixels(file, channels, (width, height), levels).swapaxes(0, 1)
        return read_pixels(file, channels, (height, width), levels)
    except UnfitImageError as error:
        raise unreadable(name or str(file), error) from None


class CorruptImageError(DataError):
    """An image file holds no image that can be decoded; what a disk or rights withhold is not corrupt."""


def unreadable(name: str, error: UnfitImageError) -> CorruptImageError:
    """Return the error of an image that cannot be read."""
    return CorruptImageError(f"image {name!r} cannot be read ({error})")
