import datasets
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from pyarrow import parquet
from torch.utils.data import TensorDataset

from paretocaps.data.own_images import write_images
from paretocaps.data.raw_splits import read_splits
from paretocaps.domain.job import DataSpec
from paretocaps.domain.layout import Parts
from paretocaps.errors import DataError

RANDOM = np.random.default_rng(0)
GRAY = RANDOM.integers(0, 256, (60, 8, 8), dtype=np.uint8)
COLOUR = RANDOM.integers(0, 256, (60, 8, 9, 3), dtype=np.uint8)
LABELS = np.arange(60) % 3


def read(data, root):
    folder, files = write_images(data, root)
    return read_splits(DataSpec(name=None, path=str(folder), parts=Parts(**files)))


def pixels_of(splits):
    """All images of a data set without a test part, in any order."""
    parts = [part.images for part in (splits.train, splits.validation, splits.test)]
    return sorted(image.tobytes() for part in parts for image in part.transpose(0, 2, 3, 1))


@pytest.mark.parametrize(
    ("images", "kept"),
    [
        (GRAY, GRAY),
        (GRAY[:, :, :, None], GRAY),
        (GRAY[:, None], GRAY),
        (GRAY / 255, GRAY),
        (GRAY > 127, np.uint8(255) * (GRAY > 127)),
        (COLOUR, COLOUR),
        (COLOUR.transpose(0, 3, 1, 2), COLOUR),
        (torch.from_numpy(COLOUR), COLOUR),
    ],
)
def test_arrays_of_every_layout_are_the_same_images(images, kept, tmp_path):
    assert pixels_of(read((images, LABELS), tmp_path)) == sorted(image.tobytes() for image in kept)


def test_the_same_images_are_written_once_and_others_apart(tmp_path):
    first, _ = write_images((GRAY, LABELS), tmp_path)
    written = (first / "train.parquet").stat().st_mtime_ns
    assert write_images((GRAY / 255, LABELS.tolist()), tmp_path)[0] == first
    assert (first / "train.parquet").stat().st_mtime_ns == written
    assert write_images((GRAY, LABELS[::-1]), tmp_path)[0] != first


def test_labels_may_be_names_and_parts_are_kept(tmp_path):
    names = np.array(["cat", "bee", "ant"])[LABELS]
    parts = {"train": (GRAY, names), "val": (GRAY[:6], names[:6]), "test": (GRAY[:9], names[:9])}
    found = read(parts, tmp_path)
    assert found.class_names == ("ant", "bee", "cat")
    assert [len(part) for part in (found.train, found.validation, found.test)] == [60, 6, 9]
    assert found.test.labels[:3].tolist() == [2, 1, 0]


def test_data_sets_of_torch_and_of_the_hub_are_read(tmp_path):
    floats = torch.from_numpy(GRAY / 255).float()[:, None]
    pairs = TensorDataset(floats, torch.from_numpy(LABELS))
    whole = sorted(image.tobytes() for image in GRAY)
    assert pixels_of(read(pairs, tmp_path)) == whole
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=["x", "y", "z"])}
    )
    table = datasets.Dataset.from_dict({"image": list(GRAY), "label": LABELS.tolist()}, features=features)
    found = read(datasets.DatasetDict({"train": table}), tmp_path)
    assert pixels_of(found) == whole
    assert found.class_names == ("x", "y", "z")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            (GRAY / 100, LABELS),
            "images are float64 from 0 to 2.55: give uint8, or floats from 0 to 1",
        ),
        ((GRAY.astype(int) * 2, LABELS), "images are int64 from 0 to 510"),
        ((GRAY[0, 0], LABELS[:8]), r"of the shape \[8\]: give \[N, H, W\]"),
        ((COLOUR[..., :2], LABELS), "images have 2 channels: give 1 or 3"),
        ((GRAY, LABELS[:5]), "data has 60 images and 5 labels: give one for each image"),
        ((GRAY, np.eye(3)[LABELS]), r"data has the label \[1.0, 0.0, 0.0\]: give a name, or a whole number"),
        ((GRAY, LABELS / 2), "data has the label 0.5: give a name, or a whole number from 0"),
        (pd.DataFrame(GRAY[0]), "data is of type DataFrame: give a folder, a data set's name, or a pair"),
        ({"tests": (GRAY, LABELS)}, "data has 'tests': give a pair of arrays"),
        ({"test": (GRAY, LABELS)}, "data has the parts test, but no train"),
        (3, "data is of type int: give a folder, a data set's name, or a pair"),
        ([1, 2, 3], "data is a list of other items than .image, label."),
    ],
)
def test_what_is_no_data_is_refused_with_the_remedy(data, message, tmp_path):
    with pytest.raises(DataError, match=message):
        write_images(data, tmp_path)
    assert not list(tmp_path.iterdir())


def test_pictures_with_a_palette_are_their_colours(tmp_path) -> None:
    colours = [(255, 0, 0), (0, 255, 0), (10, 20, 30)] * 10
    pictures = [Image.new("RGB", (8, 8), colour).quantize(4) for colour in colours]
    assert {one.mode for one in pictures} == {"P"}
    found = read(list(zip(pictures, LABELS[:30].tolist(), strict=True)), tmp_path)
    assert {tuple(pixels[:3]) for pixels in pixels_of(found)} == set(colours)


def test_parts_that_number_the_same_classes_otherwise_are_told_apart_by_name(tmp_path) -> None:
    def part(names, labels):
        form = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=names)})
        return datasets.Dataset.from_dict({"image": [*GRAY[: len(labels)]], "label": labels}, features=form)

    train, test = part(["x", "y", "z"], [0, 1, 2] * 6), part(["z", "x"], [0, 1, 0, 1])
    assert read({"train": train, "test": test}, tmp_path).test.labels.tolist() == [2, 0, 2, 0]
    again = part(["x", "z", "y"], [0, 1, 0, 1])  # the same numbers of other classes
    assert read({"train": train, "test": again}, tmp_path).test.labels.tolist() == [0, 2, 0, 2]
    other = part(["x", "w"], [0, 1])
    with pytest.raises(
        DataError, match=r"the class 'w' in one part, and other classes in another \(x, y, z\)"
    ):
        write_images({"train": train, "test": other}, tmp_path)


def test_images_of_several_sizes_are_images_with_their_labels(tmp_path) -> None:
    images = [GRAY[0], GRAY[1][:6], *GRAY[2:30]]
    folder, files = write_images((images, LABELS[:30]), tmp_path)
    assert len(parquet.read_table(folder / files["train"])) == 30
    with pytest.raises(DataError, match="30 images and 29 labels: give one for each"):
        write_images((images, LABELS[:29]), tmp_path)


def test_a_format_or_a_transform_of_a_table_changes_nothing(tmp_path):
    table = datasets.Dataset.from_dict(
        {"image": [Image.fromarray(one) for one in GRAY], "label": LABELS.tolist()},
        features=datasets.Features(
            {"image": datasets.Image(), "label": datasets.ClassLabel(names=list("abc"))}
        ),
    )
    plain, _ = write_images(table, tmp_path)
    assert write_images(table.with_format("numpy"), tmp_path)[0] == plain
    assert write_images(table.with_transform(lambda rows: {"image": [0], "label": [0]}), tmp_path)[0] == plain


def test_an_image_that_cannot_be_read_is_told_and_a_number_of_classes_is_no_names(tmp_path):
    class Lazy:
        classes = 3

        def __len__(self):
            return len(GRAY)

        def __getitem__(self, row):
            return (Image.open(tmp_path / "gone.png") if self.gone else GRAY[row]), int(LABELS[row])

    data = Lazy()
    data.gone = False
    assert pixels_of(read(data, tmp_path)) == sorted(image.tobytes() for image in GRAY)
    data.gone = True
    with pytest.raises(DataError, match=r"an image of data cannot be read \(.*gone\.png.*\): get it again"):
        write_images(data, tmp_path)
