"""Image files on disk, one by one: found, decoded, and brought to a network's size."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from paretocaps.data.raw import Images
from paretocaps.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
"""What the names of the files that a folder is searched for end in, in upper or lower case."""
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
_MODES = {1: "L", 3: "RGB"}
_DEEP = ("I", "F")  # and I;16 and its kin: more than 8 bits a value


def find_images(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files among `paths`, and the image files in the folders among them and below, by name.

    Raises:
        DataError: a path that is not there, or a folder without an image file.
    """
    for path in paths:
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if _is_image(file))
            if not found:
                raise DataError(f"folder {str(path)!r} has no image files ({', '.join(SUFFIXES)})")
            yield from found
        elif path.exists():
            yield path
        else:
            raise DataError(f"no such image file or folder: {str(path)!r}")


def read_image(path: Path, channels: int, height: int, width: int) -> Images:
    """Return an image file as uint8 [C, H, W]: gray for 1 channel, red, green and blue for 3.

    Colours become gray as ITU-R 601-2 weighs them, gray becomes three equal colours, transparency is left
    out. An image of another size is resized to this one, its proportions not kept, by bilinear
    interpolation that averages where it shrinks. Of several frames the first is read.

    Raises:
        DataError: the file is missing, corrupt, no image, or has more than 8 bits a value; or a number of
            channels that files do not have.
    """
    if channels not in _MODES:
        raise DataError(f"the network takes images of {channels} channels, and image files have 1 or 3")
    try:
        with Image.open(path, formats=_FORMATS) as image:
            mode = image.mode
            if not mode.startswith(_DEEP):
                converted = image.convert(_MODES[channels])
                if converted.size != (width, height):
                    converted = converted.resize((width, height), Image.Resampling.BILINEAR)
                pixels = np.asarray(converted)
    except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError and others for corrupt files
        raise DataError(f"image {str(path)!r} cannot be read ({_reason(error)})") from None
    if mode.startswith(_DEEP):
        raise DataError(f"image {str(path)!r} has mode {mode}: convert it to 8 bits a value")
    return pixels.reshape(height, width, channels).transpose(2, 0, 1)


def _is_image(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and file.is_file() and not file.name.startswith(".")


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = str(error)
    return "no image" if "cannot identify" in text else text or type(error).__name__
