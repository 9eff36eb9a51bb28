import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.data.cache import read_cached
from paretocaps.data.encoded_images import EncodedData, EncodedPart
from paretocaps.data.prepared_file import CAP, common_size, prepare


@pytest.fixture
def prepared(tmp_path):
    """Prepare training (and test) files, with labels 0, 1, 2 ... or those given; return what was written."""
    told = []

    def run(train, test=None, channels=None, skip=False, labels=None, names=None):
        def part(name, files, labels=None):
            numbers = np.arange(len(files)) if labels is None else np.array(labels)
            return EncodedPart(numbers, name, lambda: iter(files), lambda row: f"{name}/{row}")

        made = part("train", train, labels), test and part("test", test)
        data = EncodedData(*made, "made", "unique", class_names=names)
        path = tmp_path / "a.images"
        prepare(data, channels, skip, lambda *what: told.append(what), path)
        return read_cached(path)

    run.told = told
    return run


def headers(*sizes):
    return np.array([[*size, 3] for size in sizes], np.int32)


def test_one_size_is_kept(prepared, photo) -> None:
    found = prepared([photo(5, 7, seed=seed) for seed in range(3)])
    assert found.pixels.shape == (3, 5, 7, 3)


@given(st.integers(1, 2000), st.integers(1, 2000), st.integers(1, 5))
def test_large_images_keep_their_aspect(height, width, count) -> None:
    new_height, new_width = common_size(headers(*[(height, width)] * count))
    assert 1 <= max(new_height, new_width) <= CAP
    if max(height, width) <= CAP:
        assert (new_height, new_width) == (height, width)
    else:
        assert max(new_height, new_width) == CAP
        assert abs(new_height - height * new_width / width) <= 1 + height / width


def test_several_sizes_become_their_median() -> None:
    assert common_size(headers((10, 90), (20, 50), (60, 40))) == (20, 50)
    assert common_size(headers((100, 1000), (300, 2000), (400, 3000))) == (38, 256)


def test_the_training_part_decides_the_size_and_comes_first(prepared, photo) -> None:
    found = prepared([photo(5, 7, seed=1)], [photo(9, 9), photo(5, 7, seed=2)])
    assert found.pixels.shape == (3, 5, 7, 3)
    assert found.header["train"] == 1
    assert found.labels.tolist() == [0, 0, 1]
    again = prepared([photo(5, 7, seed=1)])
    assert again.pixels[0].tolist() == found.pixels[0].tolist()


def test_progress_is_reported_from_nothing_to_all(prepared, photo) -> None:
    prepared([photo()] * 130, [photo()] * 20)
    for what in ("reading the sizes of images", "preparing images"):
        steps = [(done, total) for told, done, total in prepared.told if told == what]
        assert steps == [(0, 150), (64, 150), (128, 150), (150, 150)]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.7])
def test_corrupt_images_are_refused_with_the_first_and_their_number(prepared, photo, refusal, share) -> None:
    whole = photo(32, 32)
    cut = whole[: int(len(whole) * share)]
    files = [photo(32, 32), cut, photo(32, 32), cut]
    message = refusal(prepared, files)
    assert message.startswith("train/1 is corrupt (")
    assert (
        ", and 1 other of 4 images too: replace it, or leave such images out with --corrupt skip" in message
    )
    assert "other" not in refusal(prepared, files[:3])
    assert refusal(prepared, [whole], files).startswith("test/1 is corrupt (")


def test_nothing_stays_of_a_refused_preparation(prepared, photo, tmp_path, refusal) -> None:
    refusal(prepared, [photo(32, 32), photo(32, 32)[:-200]])
    assert list(tmp_path.iterdir()) == []


def test_corrupt_images_are_left_out_as_asked(prepared, photo) -> None:
    train = [photo(seed=0), b"no image", photo(seed=2), photo(32, 32)[:-300]]
    found = prepared(train, [b"", photo(seed=1)], skip=True, labels=[5, 7, 7, 5])
    assert found.labels.tolist() == [5, 7, 1]
    assert found.header["train"] == 2
    assert [name.split(" (")[0] for name in found.header["skipped"]] == ["train/1", "train/3", "test/0"]
    plain = prepared([train[0], train[2]])
    assert found.pixels[:2].tolist() == plain.pixels.tolist()


@pytest.mark.parametrize("bad", [b"no image", None])
def test_nothing_left_is_refused(prepared, photo, refusal, bad) -> None:
    bad = photo(32, 32)[:-300] if bad is None else bad
    message = refusal(lambda: prepared([bad, bad], skip=True))
    assert message == "train: none of its 2 images can be read: get them again"
    assert refusal(lambda: prepared([photo()], [bad], skip=True)).startswith("test: none of its 1 images")


@pytest.mark.parametrize(("names", "name"), [(None, "1"), (("ant", "bee"), "bee")])
@pytest.mark.parametrize("cut", [False, True], ids=["no image", "cut off"])
def test_a_class_of_which_nothing_is_left_is_refused(prepared, photo, refusal, names, name, cut) -> None:
    bad = photo(32, 32)[:-300] if cut else b"no image"
    files = [photo(seed=0), bad, photo(seed=2), bad]
    message = refusal(lambda: prepared(files, skip=True, labels=[0, 1, 0, 1], names=names))
    assert message == f"train: none of the images of class {name!r} can be read: get them again"


def test_gray_and_coloured_images_are_not_mixed_unasked(prepared, photo, refusal) -> None:
    files = [photo(seed=0), photo(seed=1), photo(channels=1)]
    assert refusal(prepared, files) == (
        "train/2 is gray but train/0 is coloured (1 and 2 images): make all of them coloured with"
        " --channels 3, or gray with --channels 1"
    )
    coloured = prepared(files, channels=3).pixels
    assert (coloured[2] == coloured[2, :, :, :1]).all()
    assert prepared(files, channels=1).pixels.shape == (3, 8, 8, 1)
    assert prepared(files[2:]).pixels.shape == (1, 8, 8, 1)
