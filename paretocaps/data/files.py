"""Image files on disk, one by one: found, decoded, and brought to a network's size."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from paretocaps.data.decode import Pixels, UnfitImageError, read_pixels
from paretocaps.data.sources.image_folder import SUFFIXES
from paretocaps.errors import DataError

CHANNELS = (1, 3)
"""How many channels images from files can have."""


def find_images(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files among `paths`, and the image files in the folders among them and below, by name.

    Hidden files, and those in hidden folders below, are left alone; so are those whose names do not end like
    an image's (`image_folder.SUFFIXES`).

    Raises:
        DataError: a path that is not there, or a folder that cannot be read or has no image file.
    """
    for path in paths:
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if _is_image(file, path))
            if not found:
                raise DataError(f"folder {str(path)!r} has no image files ({', '.join(SUFFIXES)})")
            yield from found
        elif path.exists():
            yield path
        else:
            raise DataError(f"no such image file or folder: {str(path)!r}")


def read_image(path: Path, channels: int, height: int, width: int) -> Pixels:
    """Return an image file as uint8 [H, W, C], read as training images are (`decode.read_pixels`).

    One of another size is resized to this one, its proportions not kept.

    Args:
        path: the file.
        channels: 1 (gray) or 3 (red, green, blue).
        height, width: in pixels.

    Raises:
        DataError: the file is missing, corrupt or no image.
    """
    try:
        return read_pixels(path, channels, (height, width))
    except UnfitImageError as error:
        raise DataError(f"image {str(path)!r} cannot be read ({error})") from None


def _is_image(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return not hidden and file.suffix.lower() in SUFFIXES and file.is_file()
