from io import BytesIO

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from paretocaps.data.orientation import orientation, unturned_before

EXIF = Image.Exif()
EXIF[0x0112] = 8
XMP = '<x:xmpmeta><rdf:Description tiff:Orientation="8"/></x:xmpmeta>'


def saved(format="PNG", **options) -> bytes:
    buffer = BytesIO()
    Image.fromarray(np.zeros((3, 5), np.uint8)).save(buffer, format, **options)
    return buffer.getvalue()


def late(png: bytes, kind: bytes) -> bytes:
    """Return the PNG with its first chunk of `kind` after its pixels."""
    at = png.index(kind) - 4
    chunk = png[at : at + 12 + int.from_bytes(png[at : at + 4], "big")]
    end = png.index(b"IEND") - 4
    return png[:at] + png[at + len(chunk) : end] + chunk + png[end:]


def said(file: bytes) -> tuple[int, bool]:
    with Image.open(BytesIO(file)) as image:
        found = orientation(image)
        assert np.asarray(image).shape[:2] == (3, 5)  # the image can still be decoded
        return found, unturned_before(image)


def with_text(key, text, **options) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_itxt(key, text) if key.startswith("XML") else info.add_text(key, text, zip=True)
    return saved(pnginfo=info, **options)


RAW = "\nexif\n      26\n" + EXIF.tobytes().hex()


@pytest.mark.parametrize(
    ("file", "before"),
    [
        (saved("JPEG", exif=EXIF), False),
        (saved("WEBP", exif=EXIF), False),
        (saved("JPEG", xmp=XMP.encode()), True),
        (saved("PNG", exif=EXIF), True),
        (late(saved("PNG", exif=EXIF), b"eXIf"), True),
        (with_text("XML:com.adobe.xmp", XMP), True),
        (late(with_text("XML:com.adobe.xmp", XMP), b"iTXt"), True),
        (with_text("Raw profile type exif", RAW), True),
        (late(with_text("Raw profile type exif", RAW), b"zTXt"), True),
    ],
    ids=range(9),
)
def test_every_way_of_saying_how_to_turn(file, before) -> None:
    assert said(file) == (8, before)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "BMP", "GIF", "WEBP"])
def test_most_images_are_upright(format) -> None:
    assert said(saved(format))[0] == 1


@pytest.mark.parametrize("value", [0, 1, 9, 200])
def test_a_value_that_turns_nothing(value) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    assert said(saved(exif=exif))[0] == 1


def test_damaged_exif_says_nothing() -> None:
    assert said(saved(exif=b"Exif\0\0 damaged"))[0] == 1
