import gzip
import hashlib
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.data.raw import check_raw
from paretocaps.data.sources.folder import read_folder
from paretocaps.data.sources.idx import read_idx
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
