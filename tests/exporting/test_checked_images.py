from pathlib import Path

import torch
from PIL import Image

from paretocaps.data.tensor_splits import load
from paretocaps.domain.job import DataSpec
from paretocaps.exporting.checked_images import known_data
from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network


def digits(**changes):
    shape = {"height": 8, "width": 8, "channels": 1, "classes": 10, "conv_channels": 4, "capsule_types": 2}
    return build_network(Architecture(**shape | changes), seed=0)


def test_the_test_images_of_the_data_as_the_network_takes_them():
    known = known_data(DataSpec(), digits(), Path("none"))
    assert known.images.shape == (256, 1, 8, 8)
    assert torch.equal((known.images * 255).round().byte(), load(DataSpec()).test.images[:256])
    assert known.classes == tuple("0123456789")


def test_nothing_where_they_do_not_fit_or_are_gone(tmp_path):
    other = known_data(DataSpec(), digits(height=9), Path("none"))
    assert (other.images, other.classes) == (None, tuple("0123456789"))
    assert known_data(DataSpec(), digits(classes=3), Path("none")).classes is None
    for data in (None, DataSpec(name=None, path=str(tmp_path / "gone"))):
        known = known_data(data, digits(), Path("none"))
        assert (known.images, known.classes) == (None, None)
    assert known.told[0].endswith("; classes are called 0, 1, ... unless --class-names names them")


def test_a_folder_names_the_classes(tmp_path):
    for number, name in enumerate(("zebra", "ant")):
        for image in range(24):
            place = tmp_path / name / f"{image}.png"
            place.parent.mkdir(exist_ok=True)
            Image.new("L", (8, 8), 10 * number + image).save(place)
    known = known_data(DataSpec(name=None, path=str(tmp_path)), digits(classes=2), tmp_path)
    assert known.classes == ("ant", "zebra")
    assert known.images.shape[1:] == (1, 8, 8)
