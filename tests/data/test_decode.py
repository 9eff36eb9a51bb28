from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from paretocaps.data.decode import UnfitImageError, read_header, read_pixels, read_plain_pixels

NOISE = np.random.default_rng(0).integers(0, 256, (6, 9, 3)).astype(np.uint8)


def saved(image, format="PNG", **options) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "GIF", "WEBP", "JPEG"])
def test_every_kind_is_read(format) -> None:
    smooth = Image.new("RGB", (9, 6), (200, 100, 50))
    file = saved(smooth, format)
    assert read_header(file) == (6, 9, 3)
    assert np.abs(read_pixels(file, 3).astype(int) - [200, 100, 50]).max() <= 8


@given(
    st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]), st.integers(1, 30), st.integers(1, 30)
)
def test_any_size_becomes_any_other(height, width, channels, new_height, new_width) -> None:
    file = saved(
        Image.new("L" if channels == 1 else "RGB", (width, height), 99 if channels == 1 else (99,) * 3)
    )
    assert read_header(file) == (height, width, channels)
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


def test_sixteen_bits_keep_their_upper_eight() -> None:
    values = np.array([[0, 255, 256, 40_000, 65_535]], np.uint16)
    file = saved(Image.fromarray(values))
    assert read_header(file) == (1, 5, 1)
    assert read_pixels(file, 1)[0, :, 0].tolist() == [0, 0, 1, 156, 255]


def test_cmyk_becomes_rgb() -> None:
    file = saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG")
    assert read_header(file).channels == 3
    red = read_pixels(file, 3)[8, 8].astype(int)
    assert np.abs(red - [255, 0, 0]).max() <= 12


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
def test_a_turned_camera_is_turned_back(format) -> None:
    upright = Image.new("RGB", (16, 32), "black")
    upright.paste("white", (0, 0, 16, 16))  # white above
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    file = saved(upright.transpose(Image.Transpose.ROTATE_90), format, exif=exif)
    assert read_header(file) == (32, 16, 3)
    for size in (None, (32, 16)):
        pixels = read_pixels(file, 3, size)
        assert pixels.shape == (32, 16, 3)
        assert pixels[4].mean() > 240
        assert pixels[-4].mean() < 15


def test_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    file = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert read_pixels(file, 3)[0, 0].tolist() == [255, 0, 0]


def test_floating_point_pixels_are_unfit() -> None:
    file = saved(Image.new("F", (4, 4)), "TIFF")
    with pytest.raises(UnfitImageError, match="floating-point numbers: convert it to 8 bits"):
        read_header(file)


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_no_image_at_all(content) -> None:
    for read in (read_header, lambda file: read_pixels(file, 3), read_plain_pixels):
        with pytest.raises(UnfitImageError) as caught:
            read(content)
        assert "\n" not in str(caught.value)


def test_a_jpeg_cut_off_has_a_header_but_no_pixels() -> None:
    whole = saved(Image.fromarray(np.kron(NOISE, np.ones((8, 8, 1), np.uint8))), "JPEG")
    file = whole[:-200]
    assert read_header(file) == (48, 72, 3)
    with pytest.raises(UnfitImageError, match="truncated"):
        read_pixels(file, 3, (6, 9))


def test_a_file_that_is_not_there_and_a_folder(tmp_path) -> None:
    with pytest.raises(UnfitImageError, match="No such file"):
        read_header(tmp_path / "absent.png")
    with pytest.raises(UnfitImageError):
        read_header(tmp_path)
