import numpy as np
from sklearn.datasets import load_digits

from paretocaps.data.catalog import DATASETS
from paretocaps.data.sources import digits
from paretocaps.data.sources.digits import read


def test_every_digit_is_there_once_at_full_scale() -> None:
    data = read(DATASETS.get("digits"))
    assert data.test is not None
    assert (len(data.train), len(data.test), data.classes) == (1438, 359, 10)
    images = np.concatenate([data.train.images, data.test.images])
    labels = np.concatenate([data.train.labels, data.test.labels])
    assert images.dtype == np.uint8
    assert images.shape == (1797, 1, 8, 8)
    assert (images.min(), images.max()) == (0, 255)
    # back to 0..16, without loss, and the same rows with the same labels
    pixels, expected = load_digits(return_X_y=True)
    rows = np.column_stack([np.rint(images.reshape(1797, 64) / 255 * 16), labels])
    original = np.column_stack([pixels, expected])
    assert sorted(map(tuple, rows)) == sorted(map(tuple, original))


def test_they_are_the_same_where_the_file_is_elsewhere(monkeypatch) -> None:
    expected = read(DATASETS.get("digits"))
    monkeypatch.setattr(digits, "find_spec", lambda name: None)
    assert np.array_equal(read(DATASETS.get("digits")).train.images, expected.train.images)


def test_the_test_part_is_stratified() -> None:
    data = read(DATASETS.get("digits"))
    assert data.test is not None
    held = np.bincount(data.test.labels)
    share = (np.bincount(data.train.labels) + held) * 359 / 1797
    assert (np.abs(held - share) < 1).all()
