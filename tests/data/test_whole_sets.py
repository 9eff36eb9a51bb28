import pytest

from paretocaps.data.catalog import DATASETS
from paretocaps.data.whole_sets import WHOLE_SETS, folder_of_set
from paretocaps.errors import UsageError


def test_every_set_is_one_of_the_catalog_with_as_many_images():
    for name, whole in WHOLE_SETS.items():
        assert f"{whole.train + whole.test:,} " in DATASETS.get(name).description


def test_a_set_is_found_in_the_folder_of_sets_whatever_its_dashes(tmp_path):
    for name in ("cifar-100", "cifar10-jpeg", "mnist", "fashion-mnist"):
        (tmp_path / name).mkdir()
    there = ("cifar10", "cifar100", "mnist", "fashion-mnist")
    found = {name: folder_of_set(tmp_path, name).name for name in there}
    assert found["cifar10"] == "cifar10-jpeg"
    assert found["cifar100"] == "cifar-100"
    assert found["mnist"] == "mnist"
    assert found["fashion-mnist"] == "fashion-mnist"
    assert folder_of_set(tmp_path / "mnist", "mnist") == tmp_path / "mnist"
    (tmp_path / "tiny-imagenet-200").mkdir()
    assert folder_of_set(tmp_path, "tiny-imagenet").name == "tiny-imagenet-200"


def test_a_folder_of_any_name_is_the_set_itself(tmp_path):
    (tmp_path / "images").mkdir()
    assert folder_of_set(tmp_path, "svhn") == tmp_path


def test_another_set_is_not_read_instead(tmp_path):
    (tmp_path / "mnist").mkdir()
    with pytest.raises(UsageError, match="has mnist, and no sub-folder fashion-mnist"):
        folder_of_set(tmp_path, "fashion-mnist")
    with pytest.raises(UsageError, match="has mnist, and no sub-folder tiny-imagenet"):
        folder_of_set(tmp_path / "mnist", "tiny-imagenet")
