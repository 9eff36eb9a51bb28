import gzip
import hashlib
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.data.raw import check_raw
from paretocaps.data.raw_splits import read_splits
from paretocaps.data.sources.folder import read_folder
from paretocaps.data.sources.idx import read_idx
from paretocaps.domain.job import DataSpec
from paretocaps.domain.layout import Layout, Parts
from paretocaps.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 5, 4))
LABELS = np.arange(12) % 3


def read(folder):
    return read_folder(str(folder))


@pytest.mark.parametrize("gz", [False, True])
def test_both_parts_come_back(tmp_path, write_idx, gz) -> None:
    write_idx(tmp_path, "train", IMAGES, LABELS, gz)
    write_idx(tmp_path, "t10k", IMAGES[:4], LABELS[:4], gz)
    data = read(tmp_path)
    assert data.train.images.shape == (12, 1, 5, 4)
    assert data.train.images[:, 0].tolist() == IMAGES.tolist()
    assert data.train.labels.tolist() == LABELS.tolist()
    assert data.train.labels.dtype == np.int64
    assert data.test is not None
    assert data.test.images[:, 0].tolist() == IMAGES[:4].tolist()
    assert check_raw(data) == 3


def test_there_may_be_no_test_part(tmp_path, write_idx) -> None:
    write_idx(tmp_path, "train", IMAGES, LABELS)
    assert read(tmp_path).test is None


def test_the_uncompressed_file_is_preferred(tmp_path, write_idx) -> None:
    write_idx(tmp_path, "train", IMAGES, LABELS)
    write_idx(tmp_path, "train", IMAGES * 0, LABELS * 0, gz=True)
    assert read(tmp_path).train.images.any()


@pytest.mark.parametrize("missing", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
def test_a_missing_half_is_named(tmp_path, write_idx, refusal, missing) -> None:
    write_idx(tmp_path, "train", IMAGES, LABELS)
    (tmp_path / missing).unlink()
    assert f"has no {missing}[.gz]" in refusal(read, tmp_path)


@pytest.mark.parametrize("missing", ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_half_a_test_part_is_refused(tmp_path, write_idx, refusal, missing) -> None:
    write_idx(tmp_path, "train", IMAGES, LABELS)
    write_idx(tmp_path, "t10k", IMAGES, LABELS)
    (tmp_path / missing).unlink()
    assert f"has no {missing}[.gz]" in refusal(read, tmp_path)


@pytest.mark.parametrize("kept", [0, 1, 3, 4, 7, 15, 16, 17, 100, 255])
def test_a_truncated_file_is_refused(tmp_path, idx_bytes, refusal, kept) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    content = idx_bytes(IMAGES)
    assert len(content) == 256
    path.write_bytes(content[:kept])
    assert refusal(read_idx, path, 3).startswith(f"{path}: ")


def test_trailing_bytes_are_refused(tmp_path, idx_bytes, refusal) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(idx_bytes(IMAGES) + b"\0")
    assert "declares 12x5x4 = 240 values but holds 241" in refusal(read_idx, path, 3)


def test_a_truncated_gz_is_refused_wherever_it_ends(tmp_path, idx_bytes, refusal) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    packed = gzip.compress(idx_bytes(IMAGES))
    for kept in range(len(packed)):
        path.write_bytes(packed[:kept])
        assert refusal(read_idx, path, 3).startswith(f"{path}: ")


def test_a_gz_that_is_none_is_refused(tmp_path, idx_bytes, refusal) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(idx_bytes(IMAGES))
    assert "truncated or corrupt gzip data" in refusal(read_idx, path, 3)


@given(st.data())
def test_a_flipped_bit_of_a_gz_never_changes_an_image(tmp_path_factory, idx_bytes, data) -> None:
    packed = bytearray(gzip.compress(idx_bytes(IMAGES), mtime=0))
    bit = data.draw(st.integers(0, 8 * len(packed) - 1))
    packed[bit // 8] ^= 1 << bit % 8
    path = tmp_path_factory.getbasetemp() / "train-images-idx3-ubyte.gz"
    path.write_bytes(packed)
    refused = ""
    try:
        images = read_idx(path, 3)
    except DataError as error:
        refused = str(error)
    if refused:
        assert refused.startswith(f"{path}: ")
        assert "\n" not in refused
    else:  # a bit that carries nothing, such as gzip's time stamp or deflate's padding
        assert images.tolist() == IMAGES.tolist()


def test_a_flipped_bit_of_the_header_is_refused(tmp_path, idx_bytes, refusal) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    for bit in range(16 * 8):
        content = bytearray(idx_bytes(IMAGES))
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        assert refusal(read_idx, path, 3).startswith(f"{path}: ")


def test_swapped_files_are_told_apart(tmp_path, idx_bytes, refusal) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(idx_bytes(LABELS))
    message = refusal(read_idx, path, 3)
    assert "starts with 00000801, not 00000803: it is not an IDX file of 3-dimensional" in message


def test_an_unreadable_file_is_named(tmp_path, refusal) -> None:
    assert "cannot be read (No such file or directory)" in refusal(read_idx, tmp_path / "absent", 3)


def test_counts_that_differ_are_refused_with_both(tmp_path, write_idx, refusal) -> None:
    write_idx(tmp_path, "train", IMAGES, LABELS[:-1])
    assert "has 12 images but train-labels-idx1-ubyte has 11 labels" in refusal(read, tmp_path)


@pytest.mark.parametrize("shape", [(0, 5, 4), (3, 0, 4)])
def test_an_empty_set_is_refused(tmp_path, write_idx, refusal, shape) -> None:
    write_idx(tmp_path, "train", np.zeros(shape), np.zeros(shape[0]))
    message = refusal(read, tmp_path)
    assert "train-images-idx3-ubyte: holds no images" in message


def test_a_class_without_images_is_named_with_the_label_file(tmp_path, write_idx, refusal) -> None:
    write_idx(tmp_path, "train", IMAGES, np.where(LABELS == 1, 0, LABELS))
    message = refusal(lambda: check_raw(read(tmp_path)))
    assert "train-labels-idx1-ubyte: no image has label 1 although labels go up to 2" in message


def test_a_test_label_beyond_the_training_labels_is_refused(tmp_path, write_idx, refusal) -> None:
    write_idx(tmp_path, "train", IMAGES, LABELS)
    write_idx(tmp_path, "t10k", IMAGES, np.where(LABELS == 1, 3, LABELS))
    message = refusal(lambda: check_raw(read(tmp_path)))
    assert "t10k-labels-idx1-ubyte: label 3 of row 1 is out of range: it must be 0 to 2" in message


def rename(folder, *changes):
    for file in list(folder.iterdir()):
        name = file.name
        for old, new in changes:
            name = name.replace(old, new)
        file.rename(folder / name)


def test_the_names_of_kaggle(tmp_path, write_idx) -> None:
    for part, count in (("train", 12), ("t10k", 4)):
        write_idx(tmp_path, part, IMAGES[:count], LABELS[:count])
    rename(tmp_path, ("-idx", ".idx"))
    found = read(tmp_path)
    assert (len(found.train), len(found.test), found.test.place) == (12, 4, "t10k")
    for file in list(tmp_path.iterdir()):
        content, folder = file.read_bytes(), tmp_path / file.name.replace(".idx", "-idx")
        file.unlink()
        folder.mkdir()
        (folder / folder.name).write_bytes(content)
    assert read(tmp_path).train.images.tolist() == found.train.images.tolist()


def test_emnist_has_names_of_its_own_and_labels_from_1(tmp_path, write_idx) -> None:
    for part in ("train", "t10k"):
        write_idx(tmp_path, part, IMAGES, LABELS + 1, gz=True)
    rename(tmp_path, ("train", "emnist-letters-train"), ("t10k", "emnist-letters-test"))
    data = read(tmp_path)
    assert data.test.place == "emnist-letters-test"
    assert data.train.labels.tolist() == data.test.labels.tolist() == LABELS.tolist()
    assert (data.classes, data.class_names) == (3, ("1", "2", "3"))
    assert data.remarks == (
        "EMNIST stores its images with rows and columns exchanged: --transpose turns them upright",
        "labels are 1 to 3, not from 0: the classes are named after them",
    )
    upright = read_splits(DataSpec(name=None, path=str(tmp_path), transpose=True))
    assert upright.remarks[0] == data.remarks[1]
    assert upright.test.images[:, 0].tolist() == IMAGES.swapaxes(1, 2).tolist()


def test_labels_from_1_in_one_part_only_are_left_as_they_are(tmp_path, write_idx) -> None:
    write_idx(tmp_path, "train", IMAGES, LABELS)
    write_idx(tmp_path, "t10k", IMAGES, np.maximum(LABELS, 1))
    data = read(tmp_path)
    assert (data.train.labels.tolist(), data.class_names) == (LABELS.tolist(), None)
    assert data.test.labels.min() == 1


def test_of_several_data_sets_one_is_to_be_named(tmp_path, write_idx, refusal) -> None:
    for number, data in enumerate(("emnist-letters-", "emnist-digits-")):
        write_idx(tmp_path, f"{data}train", IMAGES, LABELS)
        write_idx(tmp_path, f"{data}test", IMAGES[number:], LABELS[number:])
    assert refusal(read, tmp_path).endswith(
        "holds the IDX files of 2 data sets (emnist-digits, emnist-letters): choose one, such as"
        f" --data {tmp_path} --parts train=emnist-digits-train,test=emnist-digits-test"
    )
    parts = Parts(train="emnist-letters-train", test="emnist-letters-test", validation="emnist-digits-test")
    named = read_folder(str(tmp_path), Layout(parts=parts))
    assert [len(part) for part in named.parts] == [12, 12, 11]
    parts = Parts(train="emnist-letter-train")
    assert (
        "has no emnist-letter-train-images-idx3-ubyte[.gz]: did you mean 'emnist-letters-train'?"
        in refusal(read_folder, str(tmp_path), Layout(parts=parts))
    )


def test_what_inflates_beyond_the_declared_size_is_not_inflated(tmp_path, idx_bytes, refusal) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    block = gzip.compress(bytes(2**24), 1)
    path.write_bytes(gzip.compress(idx_bytes(IMAGES)) + block * 256)  # 4 GiB
    tracemalloc.start()
    message = refusal(read_idx, path, 3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "declares 12x5x4 = 240 values but holds more: truncated or corrupt" in message
    assert peak < 2**23


def test_no_memory_is_asked_for_what_a_file_cannot_hold(tmp_path, refusal) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(struct.pack(">BBBBIII", 0, 0, 8, 3, 2**31, 2**12, 2**12)))
    assert f"but holds only {path.stat().st_size} compressed bytes" in refusal(read_idx, path, 3)


@pytest.mark.data
def test_mnist_is_read_byte_for_byte(shared_data) -> None:
    data = read(shared_data / "mnist")
    assert data.test is not None
    published = {
        "train": (data.train, "6bbc9ace898e44ae57da46a324031adb"),
        "test": (data.test, "2646ac647ad5339dbf082846283269ea"),
    }
    for part, digest in published.values():
        header = struct.pack(">IIII", 0x803, len(part), 28, 28)
        assert hashlib.md5(header + part.images.tobytes()).hexdigest() == digest
    assert check_raw(data) == 10
