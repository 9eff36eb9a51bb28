"""The header and the pixels of one image file."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from paretocaps.data.encoded_images import File

Pixels = NDArray[np.uint8]
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "GIF", "TIFF", "PPM", "JPEG2000")
KINDS = "JPEG, PNG, BMP, WebP, GIF, TIFF, PPM, PGM or JPEG 2000"
ORIENTATION = 0x0112  # the EXIF tag; its values 5 to 8 exchange height and width
PLAIN = {"L": 1, "RGB": 3}
_GRAY = ("1", "L", "LA", "I", "I;16", "I;16B", "I;16L", "I;16N")
_HUGE = 2**24  # pixels; larger images are decoded one at a time, which bounds the memory of many threads
_alone = Lock()


class UnfitImageError(Exception):
    """An image cannot be read; the text is the reason, in a few words."""


class Header(NamedTuple):
    """The shape of an image after decoding."""

    height: int
    width: int
    channels: int


def read_header(file: File) -> Header:
    """Return an image's size and channels, without decoding it.

    Height and width are those of the upright image (EXIF). Gray images of 1, 8 or 16 bits, with or without an
    alpha channel, have one channel; all others have three.

    Raises:
        UnfitImageError: the file is not a readable image of a known kind.
    """
    with _opened(file) as image:
        width, height = image.size
        if _orientation(image) >= 5:
            height, width = width, height
        return Header(height, width, 1 if image.mode in _GRAY else 3)


def read_pixels(file: File, channels: int, size: tuple[int, int] | None = None) -> Pixels:
    """Return an image's pixels, uint8 [H, W, C]: upright, 8 bits, opaque.

    Transparent images are laid over white; 16-bit grays keep their upper 8 bits; palettes, CMYK and other
    colours become RGB; of several frames, the first is used. A JPEG that is much larger than `size` is
    decoded at a fraction of its size. Images are resized with antialiasing (bicubic).

    Args:
        file: the image.
        channels: 1 (gray) or 3 (RGB), to which the image is converted.
        size: the height and width of the result; None for the image's own.

    Raises:
        UnfitImageError: the file is not a readable image of a known kind, or it is truncated.
    """
    with _opened(file) as image:
        if image.width * image.height > _HUGE:
            with _alone:
                return _pixels(image, channels, size)
        return _pixels(image, channels, size)


def read_plain_pixels(file: File) -> Pixels | None:
    """Return the pixels, uint8 [H, W, C], of an image that is plain gray or RGB; None for any other.

    Raises:
        UnfitImageError: the file is not a readable image of a known kind, or it is truncated.
    """
    with _opened(file) as image:
        if image.mode not in PLAIN or "transparency" in image.info or "exif" in image.info:
            return None
        channels = PLAIN[image.mode]
        return np.asarray(image).reshape(image.height, image.width, channels)


@contextmanager
def _opened(file: File) -> Iterator[Image.Image]:
    try:
        with Image.open(BytesIO(file) if isinstance(file, bytes) else file, formats=FORMATS) as image:
            if image.mode == "F":
                raise UnfitImageError("its pixels are floating-point numbers: convert it to 8 bits")
            yield image
    except (UnfitImageError, MemoryError):
        raise
    except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError and others for corrupt files
        raise UnfitImageError(_reason(error)) from None


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = (str(error).splitlines() or [""])[0] or type(error).__name__
    return f"not a {KINDS} image" if "cannot identify" in text else text


def _orientation(image: Image.Image) -> int:
    # Pillow rotates TIFFs itself, and looking for the tag in a PNG would decode it
    if image.format not in ("JPEG", "MPO", "WEBP") or "exif" not in image.info:
        return 1
    return int(image.getexif().get(ORIENTATION) or 1)


def _pixels(image: Image.Image, channels: int, size: tuple[int, int] | None) -> Pixels:
    turned = _orientation(image) > 1
    if size is not None:
        longer = 2 * max(size)  # twice the final size, which leaves pixels for antialiasing
        image.draft(None, (longer, longer))
    upright = ImageOps.exif_transpose(image) if turned else image
    plain = _converted(upright, channels)
    if size is not None and (plain.height, plain.width) != size:
        plain = plain.resize(size[::-1], Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.asarray(plain).reshape(plain.height, plain.width, channels)


def _converted(image: Image.Image, channels: int) -> Image.Image:
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.int64).clip(0, 2**16 - 1)
        image = Image.fromarray((values >> 8).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("L" if channels == 1 else "RGB")
