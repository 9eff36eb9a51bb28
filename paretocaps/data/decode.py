"""The header and the pixels of one image file: the one reader for training, evaluation and prediction."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from paretocaps.data.encoded_images import File
from paretocaps.data.orientation import orientation, unturned_before
from paretocaps.domain.job import Levels
from paretocaps.errors import DataError

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "GIF", "TIFF", "PPM", "JPEG2000")
KINDS = "JPEG, PNG, BMP, WebP, GIF, TIFF, PPM, PGM or JPEG 2000"
BRIGHTEST = 255
PLAIN = {"L": 1, "RGB": 3}
INTEGERS, REALS, UPPER = "integers", "floating-point numbers", "16-bit colours"
"""The kinds of pixels of more than 8 bits; of 16-bit colours, Pillow reads the upper 8 bits only."""
_DEEP = {"F": REALS, **dict.fromkeys(("I", "I;16", "I;16B", "I;16L", "I;16N"), INTEGERS)}
_GRAY = ("1", "L", "LA", *_DEEP)
_UNSIGNED = "I;32N"  # Pillow reads such values of a TIFF as signed ones
_PASSING = {
    **dict.fromkeys((errno.EACCES, errno.EPERM), "check its rights"),
    **dict.fromkeys((errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN), "check its disk"),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "raise the limit of open files (ulimit -n)"),
}
"""What keeps an image from being read although it may be sound, with the remedy."""
_HUGE = 2**24  # pixels; larger images are decoded one at a time, which bounds the memory of many threads
_alone = Lock()


class UnfitImageError(Exception):
    """An image cannot be read; the text is the reason, in a few words."""


class Header(NamedTuple):
    """The shape of an image after decoding, and what is special about its pixels.

    Attributes:
        height, width, channels: the shape; height and width are those of the upright image.
        deep: the kind of its pixels if they have more than 8 bits (`INTEGERS`, `REALS` or `UPPER`), or "".
        levels: the lowest and the highest value of such pixels; of `UPPER`, of the upper 8 bits.
        anew: whether version 0.1 read the image otherwise: upright only in some formats, and of integers the
            upper 8 of 16 bits.
    """

    height: int
    width: int
    channels: int
    deep: str = ""
    levels: Levels | None = None
    anew: bool = False


def read_header(file: File) -> Header:
    """Return an image's size and channels; only pixels of more than 8 bits are decoded for it.

    Gray images of any depth, with or without an alpha channel, have one channel; all others have three.

    Raises:
        UnfitImageError: the file is not a readable image of a known kind.
    """
    with _opened(file) as image:
        deep, mode, raw = _depth(image), image.mode, _raw_mode(image)  # before anything decodes it
        turn = orientation(image)
        anew = deep in (INTEGERS, REALS) or (turn > 1 and unturned_before(image))
        width, height = image.size if turn < 5 else image.size[::-1]
        levels = _levels(image, raw) if deep else None
        gray = mode in _GRAY or raw.startswith("LA;")  # 16-bit grays with alpha are opened as RGBA
        return Header(height, width, 1 if gray else 3, deep, levels, anew)


def read_pixels(
    file: File, channels: int, size: tuple[int, int] | None = None, levels: Levels | None = None
) -> Pixels:
    """Return an image's pixels, uint8 [H, W, C]: upright, 8 bits, opaque.

    Transparent images are laid over white; grays of more than 8 bits are scaled; palettes, CMYK and other
    colours become RGB; of several frames, the first is used. A JPEG that is much larger than `size` is
    decoded at a fraction of its size. Images are resized with antialiasing (bicubic).

    Args:
        file: the image.
        channels: 1 (gray) or 3 (RGB), to which the image is converted.
        size: the height and width of the result; None for the image's own.
        levels: the values of grays of more than 8 bits that become 0 and 255, those of the training images;
            values between are scaled linearly, and values beyond become 0 or 255.

    Raises:
        UnfitImageError: the file is not a readable image of a known kind, or it is truncated, or it has grays
            of more than 8 bits and there are no `levels`.
    """
    with _opened(file) as image:
        if image.width * image.height > _HUGE:
            with _alone:
                return _pixels(image, channels, size, levels)
        return _pixels(image, channels, size, levels)


def read_plain_pixels(file: File) -> Pixels | None:
    """Return the pixels, uint8 [H, W, C], of an image that is plain gray or RGB; None for any other.

    They are those of `read_pixels`, in less time.

    Raises:
        UnfitImageError: the file is not a readable image of a known kind, or it is truncated.
    """
    with _opened(file) as image:
        if image.mode not in PLAIN or "transparency" in image.info or _depth(image) or orientation(image) > 1:
            return None
        channels = PLAIN[image.mode]
        return np.asarray(image).reshape(image.height, image.width, channels)


def pixel_count(file: File) -> int:
    """Return how many pixels an image says that it has, without decoding any.

    Raises:
        UnfitImageError: the file is not a readable image of a known kind.
    """
    with _opened(file) as image:
        return image.width * image.height


def to_floats(pixels: Pixels) -> Floats:
    """Return pixels as float32 in [0, 1], with the values that `device_loader` gives a training."""
    return pixels.astype(np.float32) / np.float32(BRIGHTEST)


@contextmanager
def _opened(file: File) -> Iterator[ImageFile.ImageFile]:
    try:
        with Image.open(BytesIO(file) if isinstance(file, bytes) else file, formats=FORMATS) as image:
            yield image
    except (UnfitImageError, MemoryError):
        raise
    except OSError as error:
        if error.errno in _PASSING and not isinstance(file, bytes):  # such an image is not corrupt
            remedy = _PASSING[error.errno]
            raise DataError(f"image {str(file)!r} cannot be read ({error.strerror}): {remedy}") from None
        raise UnfitImageError(_reason(error)) from None
    except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError and others for corrupt files
        raise UnfitImageError(_reason(error)) from None


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = (str(error).splitlines() or [""])[0] or type(error).__name__
    return f"not a {KINDS} image" if "cannot identify" in text else text


def _raw_mode(image: ImageFile.ImageFile) -> str:
    """Return Pillow's name of the layout of an image's pixels in its file, before they are decoded."""
    arguments = image.tile[0][3] if image.tile else ""  # a plain tuple before Pillow 11
    return str(arguments[0] if isinstance(arguments, tuple) and arguments else arguments)


def _depth(image: ImageFile.ImageFile) -> str:
    """Return the kind of the pixels of an image that is not decoded yet if they have more than 8 bits."""
    if image.mode in _DEEP:
        return _DEEP[image.mode]
    return UPPER if _raw_mode(image).endswith((";16B", ";16L", ";16N")) else ""


def _levels(image: ImageFile.ImageFile, raw: str) -> Levels:
    values = _values(image, raw)
    if values.ndim == 3:
        values = values[..., :3]  # alpha is no brightness
    opaque = values[~_is_clear(image, values)]
    seen = opaque if len(opaque) else values
    return float(seen.min()), float(seen.max())


def _values(image: Image.Image, raw: str) -> NDArray[Any]:
    values = np.asarray(image)
    if raw == _UNSIGNED:
        values = values.view(np.uint32)
    if not np.isfinite(values).all():
        raise UnfitImageError("it has pixels that are no finite numbers: give them a value")
    return values


def _is_clear(image: Image.Image, values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which of the `values` of a deep gray image stand for transparency."""
    clear = image.info.get("transparency")
    return np.equal(values, clear) if isinstance(clear, int) else np.zeros(values.shape, bool)


def _pixels(
    image: ImageFile.ImageFile, channels: int, size: tuple[int, int] | None, levels: Levels | None
) -> Pixels:
    raw = _raw_mode(image)
    if size is not None:
        longer = 2 * max(size)  # twice the final size, which leaves pixels for antialiasing
        image.draft(None, (longer, longer))
    upright = ImageOps.exif_transpose(image) if orientation(image) > 1 else image
    plain = _converted(upright, channels, levels, raw)
    if size is not None and (plain.height, plain.width) != size:
        plain = plain.resize(size[::-1], Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.asarray(plain).reshape(plain.height, plain.width, channels)


def _converted(image: Image.Image, channels: int, levels: Levels | None, raw: str) -> Image.Image:
    if image.mode in _DEEP:
        image = _scaled(image, levels, raw)
    elif "A" in image.getbands() or "transparency" in image.info:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("L" if channels == 1 else "RGB")


def _scaled(image: Image.Image, levels: Levels | None, raw: str) -> Image.Image:
    """Return a deep gray image in 8 bits, with its transparent pixels white."""
    if levels is None:
        raise UnfitImageError(
            "its pixels have more than 8 bits, but those of the training images had 8: convert it to 8 bits"
        )
    values, (low, high) = _values(image, raw), levels
    scaled = (values.astype(np.float64) - low) * (BRIGHTEST / (high - low) if high > low else 0.0)
    pixels = np.rint(scaled.clip(0, BRIGHTEST)).astype(np.uint8)
    pixels[_is_clear(image, values)] = BRIGHTEST
    return Image.fromarray(pixels)
