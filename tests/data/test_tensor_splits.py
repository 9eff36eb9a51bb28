import sys
import types

import numpy as np
import pytest
import torch

from paretocaps.data.catalog import DATASETS, DatasetEntry
from paretocaps.data.raw import RawData, RawPart
from paretocaps.data.tensor_splits import load
from paretocaps.domain.job import DataSpec
from paretocaps.errors import DataError, UnknownNameError, UsageError


def numbered(count, start=0):
    """Images of 2x2 pixels that tell their number, and labels 0, 0, 0, 1, 1, 2 over and over."""
    ids = np.arange(start, start + count)
    pixels = np.zeros((count, 2, 2), np.uint8)
    pixels[:, 0, 0], pixels[:, 0, 1] = ids // 256, ids % 256
    return pixels, np.array([0, 0, 0, 1, 1, 2])[ids % 6]


def ids(image_set):
    return (image_set.images[:, 0, 0, 0].long() * 256 + image_set.images[:, 0, 0, 1]).tolist()


@pytest.fixture
def folder(tmp_path, write_idx):
    write_idx(tmp_path, "train", *numbered(600))
    write_idx(tmp_path, "t10k", *numbered(60, start=600))
    return str(tmp_path)


def test_digits_are_the_default() -> None:
    splits = load(DataSpec())
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (1294, 144, 359)
    assert (splits.shape, splits.classes, splits.name) == ((1, 8, 8), 10, "digits")
    assert all(len(part.labels.unique()) == 10 for part in (splits.train, splits.validation, splits.test))


def test_a_folder_gives_exact_disjoint_stratified_parts(folder) -> None:
    splits = load(DataSpec(name=None, path=folder))
    assert (len(splits.train), len(splits.validation)) == (540, 60)
    assert sorted(ids(splits.train) + ids(splits.validation)) == list(range(600))
    assert ids(splits.test) == list(range(600, 660))
    assert splits.validation.labels.bincount().tolist() == [30, 20, 10]
    assert splits.train.labels.bincount().tolist() == [270, 180, 90]
    assert splits.name == folder
    for part in (splits.train, splits.validation, splits.test):
        assert part.labels.tolist() == numbered(660)[1][ids(part)].tolist()


def test_without_a_test_part_a_sixth_of_the_training_part_is_taken(tmp_path, write_idx) -> None:
    write_idx(tmp_path, "train", *numbered(600))
    splits = load(DataSpec(name=None, path=str(tmp_path)))
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (450, 50, 100)
    assert splits.test.labels.bincount().tolist() == [50, 33, 17]
    everything = ids(splits.train) + ids(splits.validation) + ids(splits.test)
    assert sorted(everything) == list(range(600))


def test_limit_train_is_exact_stratified_and_after_the_validation_split(folder) -> None:
    whole = load(DataSpec(name=None, path=folder))
    limited = load(DataSpec(name=None, path=folder, limit_train=54))
    assert len(limited.train) == 54
    assert limited.train.labels.bincount().tolist() == [27, 18, 9]
    assert set(ids(limited.train)) < set(ids(whole.train))
    assert torch.equal(limited.validation.images, whole.validation.images)
    assert torch.equal(limited.test.images, whole.test.images)


@pytest.mark.parametrize("limit", [3, 4, 540])
def test_limit_train_reaches_from_one_image_of_each_class_to_all(folder, limit) -> None:
    assert len(load(DataSpec(name=None, path=folder, limit_train=limit)).train) == limit


def test_a_limit_beyond_what_there_is_names_both_numbers(folder) -> None:
    with pytest.raises(UsageError, match=r"limit_train=541 is more than the 540 training images"):
        load(DataSpec(name=None, path=folder, limit_train=541))


def test_the_last_spec_is_kept(folder) -> None:
    first = load(DataSpec(name=None, path=folder))
    assert load(DataSpec(name=None, path=folder)) is first
    load(DataSpec(name=None, path=folder, limit_train=10))
    again = load(DataSpec(name=None, path=folder))
    assert again is not first
    assert torch.equal(again.train.images, first.train.images)


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_images_to_split_are_refused(tmp_path, write_idx, refusal, count) -> None:
    write_idx(tmp_path, "train", np.zeros((count, 2, 2)), np.zeros(count))
    assert "too few to split" in refusal(load, DataSpec(name=None, path=str(tmp_path)))


def test_three_images_are_enough(tmp_path, write_idx) -> None:
    write_idx(tmp_path, "train", np.zeros((3, 2, 2)), np.zeros(3))
    splits = load(DataSpec(name=None, path=str(tmp_path)))
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [1, 1, 1]


def test_a_spec_that_names_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no data named: give a data set \(digits, "):
        load(DataSpec(name=None))


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown data set 'mnits': did you mean 'mnist'\?"):
        load(DataSpec(name="mnits"))


def test_a_data_set_of_another_package_is_read_and_checked(monkeypatch) -> None:
    module = types.ModuleType("outside_data")
    pixels, labels = np.full((30, 3, 4, 5), 7, np.uint8), np.arange(30) % 3
    module.good = lambda entry: RawData(RawPart(pixels, labels, entry.origin))
    module.bad = lambda entry: RawData(RawPart(pixels / 255, labels, entry.origin))
    monkeypatch.setitem(sys.modules, "outside_data", module)
    for kind in ("good", "bad"):
        entry = DatasetEntry(kind, "made for a test", "nowhere", f"outside_data:{kind}")
        monkeypatch.setitem(DATASETS._entries, kind, entry)
    assert load(DataSpec(name="good")).shape == (3, 4, 5)
    with pytest.raises(DataError, match="nowhere: images are float64"):
        load(DataSpec(name="bad"))


@pytest.mark.data
def test_mnist_has_the_sizes_of_the_papers(shared_data) -> None:
    splits = load(DataSpec(name=None, path=str(shared_data / "mnist")))
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (54_000, 6_000, 10_000)
    assert (splits.shape, splits.classes) == ((1, 28, 28), 10)
    whole = splits.train.labels.bincount() + splits.validation.labels.bincount()
    assert (splits.validation.labels.bincount() - whole / 10).abs().max() < 1
