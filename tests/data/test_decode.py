import errno
import os
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from paretocaps.data.decode import UPPER, UnfitImageError, read_header, read_pixels, read_plain_pixels
from paretocaps.errors import DataError

NOISE = np.random.default_rng(0).integers(0, 256, (6, 9, 3)).astype(np.uint8)


def saved(image, format="PNG", **options) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def png(width, height, bits, colour, *chunks) -> bytes:
    """Return a PNG of these chunks, which Pillow cannot write."""
    head = (b"IHDR", struct.pack(">2I5B", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in (head, *chunks, (b"IEND", b""))
    )


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "GIF", "WEBP", "JPEG"])
def test_every_kind_is_read(format) -> None:
    smooth = Image.new("RGB", (9, 6), (200, 100, 50))
    file = saved(smooth, format)
    assert read_header(file)[:3] == (6, 9, 3)
    assert np.abs(read_pixels(file, 3).astype(int) - [200, 100, 50]).max() <= 8


@given(
    st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]), st.integers(1, 30), st.integers(1, 30)
)
def test_any_size_becomes_any_other(height, width, channels, new_height, new_width) -> None:
    file = saved(
        Image.new("L" if channels == 1 else "RGB", (width, height), 99 if channels == 1 else (99,) * 3)
    )
    assert read_header(file)[:3] == (height, width, channels)
    for wanted in (1, 3):
        pixels = read_pixels(file, wanted, (new_height, new_width))
        assert pixels.shape == (new_height, new_width, wanted)
        assert pixels.dtype == np.uint8
        assert (pixels == 99).all()


def test_the_right_size_is_left_exactly_as_it_is() -> None:
    file = saved(Image.fromarray(NOISE))
    assert read_pixels(file, 3, (6, 9)).tolist() == read_pixels(file, 3).tolist() == NOISE.tolist()
    assert read_plain_pixels(file).tolist() == NOISE.tolist()


def test_smaller_images_are_means_not_samples() -> None:
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 255
    pixels = read_pixels(saved(Image.fromarray(stripes)), 1, (8, 8))
    assert np.abs(pixels[:, 1:-1].astype(int) - 127).max() <= 4


def test_a_large_jpeg_is_decoded_small_and_right() -> None:
    ramp = np.tile(np.linspace(0, 255, 1024).astype(np.uint8), (512, 1))
    pixels = read_pixels(saved(Image.fromarray(ramp), "JPEG", quality=95), 1, (16, 32))
    assert np.abs(pixels[8, :, 0].astype(int) - np.linspace(4, 251, 32)).max() <= 3


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_laid_over_white(mode) -> None:
    image = Image.new(mode, (2, 1), (10, 0) if mode == "LA" else (10, 20, 30, 0))
    image.putpixel((1, 0), (10, 255) if mode == "LA" else (10, 20, 30, 255))
    file = saved(image)
    channels = 1 if mode == "LA" else 3
    assert read_header(file).channels == channels
    assert read_pixels(file, channels)[0].tolist() == [[255] * channels, [10, 20, 30][:channels]]
    assert read_plain_pixels(file) is None


def test_a_palette_with_a_transparent_colour_is_laid_over_white() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 200, 10, 10])
    image.putpixel((1, 0), 1)
    assert read_pixels(saved(image, transparency=0), 3)[0].tolist() == [[255] * 3, [200, 10, 10]]


DEEP = {
    "I;16": np.array([[100, 1000, 4195]], np.uint16),
    "I;16B": np.array([[100, 1000, 4195]], ">u2"),
    "I": np.array([[-50_000, 0, 250_000]], np.int32),
    "F": np.array([[-0.5, 0.0, 2.5]], np.float32),
}


@pytest.mark.parametrize("mode", DEEP)
def test_grays_of_more_than_eight_bits_are_scaled_by_their_levels(mode) -> None:
    file = saved(Image.fromarray(DEEP[mode]), "TIFF")
    header = read_header(file)
    assert header[:3] == (1, 3, 1)
    assert header.levels == (DEEP[mode].min(), DEEP[mode].max())
    low, high = header.levels
    expected = np.rint((DEEP[mode].astype(float) - low) / (high - low) * 255)
    assert read_pixels(file, 1, levels=header.levels)[..., 0].tolist() == expected.tolist()
    narrow = low + 0.4 * (high - low), low + 0.5 * (high - low)
    assert read_pixels(file, 1, levels=narrow)[0, [0, 2], 0].tolist() == [0, 255]
    assert not read_pixels(file, 3, levels=(low, low)).any()
    assert read_plain_pixels(file) is None
    with pytest.raises(UnfitImageError, match="more than 8 bits, but .*: convert it to 8 bits"):
        read_pixels(file, 1)


def test_large_unsigned_numbers_are_not_negative() -> None:
    values = np.array([[0, 2**31, 2**32 - 1]], np.uint32)
    file = bytearray(saved(Image.fromarray(values.view(np.int32)), "TIFF"))
    tag = file.index(struct.pack("<HHI", 339, 3, 1))  # the sample format: 1 means unsigned
    file[tag + 8] = 1
    assert read_header(bytes(file)).levels == (0, 2**32 - 1)
    assert read_pixels(bytes(file), 1, levels=(0, 2**32 - 1))[0, :, 0].tolist() == [0, 128, 255]


def test_a_transparent_value_of_sixteen_bits_is_white_and_does_not_count() -> None:
    file = saved(Image.fromarray(np.array([[9, 300, 40_000]], np.uint16)), transparency=40_000)
    assert read_header(file).levels == (9, 300)
    assert read_pixels(file, 1, levels=(9, 300))[0, :, 0].tolist() == [0, 255, 255]


def test_numbers_that_are_none_are_unfit() -> None:
    file = saved(Image.fromarray(np.array([[0, np.nan]], np.float32)), "TIFF")
    for read in (read_header, lambda file: read_pixels(file, 1, levels=(0, 1))):
        with pytest.raises(UnfitImageError, match="no finite numbers: give them a value"):
            read(file)


def test_cmyk_becomes_rgb() -> None:
    file = saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG")
    assert read_header(file).channels == 3
    red = read_pixels(file, 3)[8, 8].astype(int)
    assert np.abs(red - [255, 0, 0]).max() <= 12


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "PNG", "TIFF"])
def test_a_turned_camera_is_turned_back(format) -> None:
    upright = Image.new("RGB", (16, 32), "black")
    upright.paste("white", (0, 0, 16, 16))  # white above
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    file = saved(upright.transpose(Image.Transpose.ROTATE_90), format, exif=exif)
    header = read_header(file)
    assert header[:3] == (32, 16, 3)
    assert header.anew == (format == "PNG")
    assert format == "TIFF" or read_plain_pixels(file) is None
    for size in (None, (32, 16)):
        pixels = read_pixels(file, 3, size)
        assert pixels.shape == (32, 16, 3)
        assert pixels[4].mean() > 240
        assert pixels[-4].mean() < 15


def test_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    file = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert read_pixels(file, 3)[0, 0].tolist() == [255, 0, 0]


def test_sixteen_bits_of_colour_tell_the_range_of_their_upper_eight() -> None:
    pixels = b"".join(b"\0" + struct.pack(">6H", *row) for row in ([0, 256, 512, 4095, 4095, 15], [0] * 6))
    file = png(2, 2, 16, 2, (b"IDAT", zlib.compress(pixels)))
    header = read_header(file)
    assert (header[:3], header.deep, header.levels, header.anew) == ((2, 2, 3), UPPER, (0, 15), False)
    assert read_pixels(file, 3)[0].tolist() == [[0, 1, 2], [15, 15, 0]]
    assert read_plain_pixels(file) is None


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_no_image_at_all(content) -> None:
    for read in (read_header, lambda file: read_pixels(file, 3), read_plain_pixels):
        with pytest.raises(UnfitImageError) as caught:
            read(content)
        assert "\n" not in str(caught.value)


def test_a_jpeg_cut_off_has_a_header_but_no_pixels() -> None:
    whole = saved(Image.fromarray(np.kron(NOISE, np.ones((8, 8, 1), np.uint8))), "JPEG")
    file = whole[:-200]
    assert read_header(file)[:3] == (48, 72, 3)
    with pytest.raises(UnfitImageError, match="truncated"):
        read_pixels(file, 3, (6, 9))


def test_a_file_that_is_not_there_and_a_folder(tmp_path) -> None:
    with pytest.raises(UnfitImageError, match="No such file"):
        read_header(tmp_path / "absent.png")
    with pytest.raises(UnfitImageError):
        read_header(tmp_path)


def test_sixteen_bit_grays_with_alpha_are_gray() -> None:
    rows = zlib.compress(b"\0" + struct.pack(">4H", 0x1234, 0xFFFF, 0xFFFF, 0xFFFF))
    file = png(2, 1, 16, 4, (b"IDAT", rows))
    assert read_header(file).channels == 1
    assert read_pixels(file, 1)[0, :, 0].tolist() == [0x12, 0xFF]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.EIO, "check its disk"), (errno.EACCES, "check its rights"), (errno.EMFILE, "raise the limit")],
)
def test_a_disk_that_cannot_be_read_is_no_corrupt_image(tmp_path, monkeypatch, number, remedy):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Image, "open", refuse)
    with pytest.raises(DataError, match=rf"x.png' cannot be read \(.*\): {remedy}"):
        read_header(tmp_path / "x.png")
