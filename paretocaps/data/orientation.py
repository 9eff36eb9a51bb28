"""How an image file says that it is to be turned to be seen upright: by EXIF or XMP, in any format."""

import os
import struct
from typing import IO

from PIL import Image, ImageFile

ORIENTATION = 0x0112
"""The EXIF tag; its values 5 to 8 exchange height and width."""
_SAYING = ("exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp")  # where Pillow looks for the tag
_CHUNK = struct.Struct(">I4s")  # length and kind
_TEXTS = (b"eXIf", b"tEXt", b"zTXt", b"iTXt")


def orientation(image: ImageFile.ImageFile) -> int:
    """Return the EXIF orientation of an opened image, 1 to 8; 1 if it is upright or does not say.

    The image is decoded only if it is a PNG with texts after its pixels. TIFFs are upright, because Pillow
    turns them itself.
    """
    if image.format == "TIFF":
        return 1
    if image.format == "PNG" and image.fp is not None and _speaks_late(image.fp):
        image.load()
    if not any(key in image.info for key in _SAYING):
        return 1
    try:
        # the method of PNGs would decode the image to look for texts after its pixels
        value = int(Image.Image.getexif(image).get(ORIENTATION, 1))
    except Exception:  # damaged EXIF, of which Pillow raises various errors, does not say how to turn
        return 1
    return value if 1 <= value <= 8 else 1


def unturned_before(image: Image.Image) -> bool:
    """Return whether version 0.1 did not look for the orientation of such an image."""
    return image.format not in ("JPEG", "MPO", "WEBP") or "exif" not in image.info


def _speaks_late(stream: IO[bytes]) -> bool:
    """Return whether a PNG has texts or EXIF after its pixels, which are not known before it is decoded."""
    place, after_pixels = stream.tell(), False
    try:
        stream.seek(8)
        while len(head := stream.read(_CHUNK.size)) == _CHUNK.size:
            length, kind = _CHUNK.unpack(head)
            if kind == b"IEND" or (after_pixels and kind in _TEXTS):
                return bool(kind != b"IEND")
            after_pixels = after_pixels or kind == b"IDAT"
            stream.seek(length + 4, os.SEEK_CUR)
        return False
    finally:
        stream.seek(place)
