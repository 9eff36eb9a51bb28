from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paretocaps.data.arrays import decoded
from paretocaps.data.decode import to_floats
from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.files import find_images, read_image
from paretocaps.data.images import ImageSet
from paretocaps.data.raw_splits import read_splits
from paretocaps.data.sources.folder import read_folder
from paretocaps.domain.job import DataSpec
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


def test_links_to_folders_are_followed(tmp_path):
    saved(tmp_path / "pool" / "a.png")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "more").symlink_to(tmp_path / "pool", target_is_directory=True)
    assert list(find_images([tmp_path / "set"])) == [tmp_path / "set" / "more" / "a.png"]


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


TURNED = Image.Exif()
TURNED[0x0112] = 6
GRAY = PIXELS[..., 0]
KINDS = {
    "PNG": (PIXELS, None, ".png", {}),
    "gray PNG": (GRAY, None, ".png", {}),
    "16 bits": (GRAY.astype(np.uint16) * 16, None, ".png", {}),
    "16 bits, TIFF": (GRAY.astype(np.uint16) * 16, None, ".tif", {}),
    "32 bits": (GRAY.astype(np.int32) * 70_000 - 9_000, None, ".tif", {}),
    "float": (GRAY.astype(np.float32) / 100 - 1, None, ".tif", {}),
    "JPEG": (PIXELS, None, ".jpg", {}),
    "JPEG, turned": (PIXELS, None, ".jpg", {"exif": TURNED}),
    "PNG, turned": (PIXELS, None, ".png", {"exif": TURNED}),
    "16 bits, turned": (GRAY.astype(np.uint16) * 16, None, ".png", {"exif": TURNED}),
    "WebP, turned": (PIXELS, None, ".webp", {"exif": TURNED}),
    "palette": (PIXELS, "P", ".png", {}),
    "clear palette": (PIXELS, "P", ".png", {"transparency": 3}),
    "alpha": (np.dstack([PIXELS, GRAY]), None, ".png", {}),
    "gray alpha": (PIXELS, "LA", ".png", {}),
    "bits": (GRAY, "1", ".png", {}),
    "CMYK": (PIXELS, "CMYK", ".jpg", {}),
    "GIF": (PIXELS, None, ".gif", {}),
}


def seen_by_training(part):
    """Return the images of a part as a training gets them, in order."""
    ((images, _),) = DeviceLoader(ImageSet.from_raw(part), "cpu").ordered(len(part))
    return images.numpy()


def test_transposed_images_are_predicted_as_the_training_saw_them(tmp_path):
    files = [saved(tmp_path / name / f"{n}.png", np.roll(PIXELS, n)) for name in "ab" for n in range(4)]
    splits = read_splits(DataSpec(name=None, path=str(tmp_path), transpose=True))
    assert splits.transposed
    assert splits.train.shape == (3, 5, 6)
    read = [to_floats(read_image(file, 3, 5, 6, transposed=True)).transpose(2, 0, 1) for file in files]
    seen = seen_by_training(splits.train)
    assert all(any(np.array_equal(one, other) for other in read) for one in seen)


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_is_predicted_from_the_pixels_that_training_saw(tmp_path, kind):
    pixels, mode, suffix, options = KINDS[kind]
    files = [tmp_path / name / f"{number}{suffix}" for name in ("ant", "bee") for number in range(3)]
    for number, file in enumerate(files):
        file.parent.mkdir(exist_ok=True)
        shown = np.roll(pixels, number)[: 6 if number else 5]  # of several sizes
        image = Image.fromarray(np.ascontiguousarray(shown))
        (image.convert(mode) if mode else image).save(file, **options)
    data = decoded(read_folder(str(tmp_path)), DataSpec(name=None, path=str(tmp_path)))
    channels, height, width = data.train.shape
    read = np.stack([read_image(file, channels, height, width, data.levels) for file in files])
    assert np.array_equal(to_floats(read).transpose(0, 3, 1, 2), seen_by_training(data.train))
    assert (height, width) == ((5, 6) if "exif" in options else (6, 5))
    assert read.min() <= 40
    assert read.max() >= 215  # the content is kept


def test_deep_images_are_not_read_by_a_network_of_eight_bits(tmp_path):
    path = saved(tmp_path / "a.png", GRAY.astype(np.uint16))
    with pytest.raises(DataError, match="more than 8 bits, but those of the training images had 8: convert"):
        read_image(path, 1, 6, 5)
