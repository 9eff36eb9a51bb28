from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paretocaps.data.files import find_images, read_image
from paretocaps.errors import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)


def saved(path, pixels=PIXELS):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def test_folders_are_searched_by_name_and_files_taken_as_they_are(tmp_path):
    inside = [saved(tmp_path / "set" / name) for name in ("a.PNG", "b/c.jpg", "b/d/e.bmp")]
    (tmp_path / "set" / "notes.txt").write_text("")
    saved(tmp_path / "set" / ".thumbs" / "x.png")
    saved(tmp_path / "set" / ".hidden.png")
    odd = tmp_path / "image"
    odd.write_bytes(inside[0].read_bytes())
    assert list(find_images([odd, tmp_path / "set", odd])) == [odd, *inside, odd]


def test_files_that_are_left_out_are_told_per_folder(tmp_path):
    image = saved(tmp_path / "set" / "a.png")
    for name in ("b.heic", "c/d.HEIC", "e", ".f", "__MACOSX/g.png"):
        (tmp_path / "set" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "set" / name).write_bytes(b"x")
    said = []
    assert list(find_images([tmp_path / "set"], said.append)) == [image]
    (line,) = said
    assert line.startswith(f"left out in {tmp_path / 'set'}: 2 .heic, 1 without a suffix (image files are ")


def test_a_hidden_folder_that_is_named_is_searched(tmp_path):
    image = saved(tmp_path / ".set" / "a.png")
    assert list(find_images([tmp_path / ".set"])) == [image]


def test_paths_without_images(tmp_path):
    with pytest.raises(DataError, match="has no image files"):
        list(find_images([tmp_path]))
    with pytest.raises(DataError, match="no such image file or folder: 'gone.png'"):
        list(find_images([Path("gone.png")]))


def test_pixels_of_the_same_size_are_the_file_s(tmp_path):
    path = saved(tmp_path / "a.png")
    assert np.array_equal(read_image(path, 3, 6, 5), PIXELS)
    gray = saved(tmp_path / "b.png", PIXELS[..., 0])
    assert np.array_equal(read_image(gray, 1, 6, 5)[..., 0], PIXELS[..., 0])
    assert np.array_equal(read_image(gray, 3, 6, 5), np.repeat(PIXELS[..., :1], 3, axis=2))


@pytest.mark.parametrize(("channels", "height", "width"), [(1, 6, 5), (3, 12, 3), (1, 40, 40)])
def test_images_become_what_is_asked_for(tmp_path, channels, height, width):
    found = read_image(saved(tmp_path / "a.png"), channels, height, width)
    assert (found.shape, found.dtype) == ((height, width, channels), np.uint8)


def test_files_that_are_no_images(tmp_path):
    path = tmp_path / "a.png"
    for content in (b"", b"text", saved(tmp_path / "b.png").read_bytes()[:60]):
        path.write_bytes(content)
        with pytest.raises(DataError, match="cannot be read") as caught:
            read_image(path, 3, 6, 5)
        assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="No such file"):
        read_image(tmp_path / "gone.png", 3, 6, 5)
