from paretocaps.data.catalog import DATASETS
from paretocaps.data.whole_sets import WHOLE_SETS, folder_of_set


def test_every_set_is_one_of_the_catalog_with_as_many_images():
    for name, whole in WHOLE_SETS.items():
        assert f"{whole.train + whole.test:,} " in DATASETS.get(name).description


def test_a_set_is_found_in_the_folder_of_sets_whatever_its_dashes(tmp_path):
    for name in ("cifar-100", "cifar10-jpeg", "mnist", "fashion-mnist"):
        (tmp_path / name).mkdir()
    found = {name: folder_of_set(tmp_path, name).name for name in WHOLE_SETS}
    assert found["cifar10"] == "cifar10-jpeg"
    assert found["cifar100"] == "cifar-100"
    assert found["mnist"] == "mnist"
    assert found["fashion-mnist"] == "fashion-mnist"
    assert folder_of_set(tmp_path, "svhn") == tmp_path
    assert folder_of_set(tmp_path / "mnist", "mnist") == tmp_path / "mnist"
