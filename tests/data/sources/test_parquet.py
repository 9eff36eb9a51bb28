import json
from dataclasses import replace

import numpy as np
import pytest
from pyarrow import parquet

from paretocaps.data.arrays import decoded
from paretocaps.data.raw import check_raw
from paretocaps.data.sources.folder import read_folder
from paretocaps.data.tensor_splits import load
from paretocaps.domain.job import DataSpec
from paretocaps.domain.layout import Layout, Parts

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 4)).astype(np.uint8)
LABELS = [0, 1, 2, 0, 1, 2]


def read(folder):
    return decoded(read_folder(str(folder)), DataSpec())


def test_both_parts_come_back(tmp_path, write_parquet) -> None:
    write_parquet(tmp_path / "train.parquet", PIXELS, LABELS)
    write_parquet(tmp_path / "test.parquet", PIXELS[:2], LABELS[:2])
    write_parquet(tmp_path / "validation.parquet", PIXELS[:1], LABELS[:1])
    data = read(tmp_path)
    assert data.train.images[:, 0].tolist() == PIXELS.tolist()
    assert data.train.labels.tolist() == LABELS
    assert data.test is not None
    assert data.test.labels.tolist() == LABELS[:2]
    assert data.classes is None
    assert check_raw(data) == 3


@pytest.mark.parametrize("parts", ["train=a,test=b,val=c", "train=a/*.parquet,test=b/one.parquet,val=c/*"])
def test_the_parts_that_the_user_names(tmp_path, write_parquet, parts) -> None:
    for part, count in (("a", 6), ("b", 2), ("c", 3)):
        (tmp_path / part).mkdir()
        write_parquet(tmp_path / part / "one.parquet", PIXELS[:count], LABELS[:count])
    found = read_folder(str(tmp_path), Layout(parts=Parts.model_validate(parts)))
    assert found.test.place == "b/one.parquet"
    data = decoded(found, DataSpec())
    assert [len(part) for part in data.parts] == [6, 2, 3]
    assert data.validation.labels.tolist() == LABELS[:3]


def test_named_parts_that_are_missing_or_the_same(tmp_path, write_parquet, refusal) -> None:
    write_parquet(tmp_path / "one.parquet", PIXELS, LABELS)
    for parts, message in (
        ("train=one.parquet,test=b*", "parts: no parquet file in"),
        ("train=one.parquet,test=*", "train and test both have"),
    ):
        layout = Layout(parts=Parts.model_validate(parts))
        assert message in refusal(read_folder, str(tmp_path), layout)
    message = refusal(read, tmp_path)
    assert message.endswith(f"or name the parts, such as --data {tmp_path} --parts train=one.parquet")


@pytest.mark.parametrize("compression", ["gzip", "zstd", "snappy", "brotli", "lz4"])
def test_a_page_that_inflates_beyond_its_declared_size_is_refused(
    tmp_path, table, encode, refusal, compression
) -> None:
    path = tmp_path / "train.parquet"
    rows = table([encode(image) for image in PIXELS], LABELS)
    parquet.write_table(rows, path, compression=compression, use_dictionary=False)
    content = bytearray(path.read_bytes())
    page = parquet.read_metadata(path).row_group(0).column(0).data_page_offset
    assert content[page + 2] == 0x15  # twice the size follows, in bytes of seven bits each, the lowest first
    assert content[page + 3] & 0x80
    content[page + 4] -= 1
    path.write_bytes(content)
    assert "truncated or corrupt parquet" in refusal(read, tmp_path)


def test_a_pointer_of_git_lfs_is_named_with_the_remedy(tmp_path, refusal) -> None:
    (tmp_path / "train.parquet").write_text("version https://git-lfs.github.com/spec/v1\nsize 9\n")
    assert refusal(read, tmp_path).endswith("not the file: run `git lfs pull` in its repository")


def test_shards_are_joined_in_the_order_of_their_names(tmp_path, write_parquet) -> None:
    write_parquet(tmp_path / "train-00001-of-00003.parquet", PIXELS[2:], LABELS[2:])
    write_parquet(tmp_path / "train-00000-of-00003.parquet", PIXELS[:2], LABELS[:2])
    write_parquet(tmp_path / "train-00002-of-00003.parquet", PIXELS[:0], [])
    data = read(tmp_path)
    assert data.train.images[:, 0].tolist() == PIXELS.tolist()
    assert data.train.labels.tolist() == LABELS
    assert data.test is None
    assert "train-00000-of-00003.parquet and 1 more" in data.train.origin


def test_shards_of_two_sizes_get_the_one_that_most_have(tmp_path, write_parquet) -> None:
    write_parquet(tmp_path / "train-0.parquet", PIXELS, LABELS)
    write_parquet(tmp_path / "train-1.parquet", PIXELS[:2, :4], LABELS[:2])
    data = read(tmp_path)
    assert data.train.images.shape == (8, 1, 5, 4)
    assert data.train.images[:6, 0].tolist() == PIXELS.tolist()
    assert data.train.labels.tolist() == [*LABELS, *LABELS[:2]]


def test_the_test_part_gets_the_size_of_the_training_part(tmp_path, write_parquet) -> None:
    write_parquet(tmp_path / "train.parquet", PIXELS, LABELS)
    write_parquet(tmp_path / "test.parquet", PIXELS[:, :4], LABELS)
    data = read(tmp_path)
    assert check_raw(data) == 3
    assert data.test.images.shape == data.train.images.shape == (6, 1, 5, 4)


def test_a_corrupt_image_is_named_by_its_file_and_row_there(
    tmp_path, table, encode, write_parquet, refusal
) -> None:
    write_parquet(tmp_path / "train-0.parquet", PIXELS, LABELS)
    files = [encode(image) for image in PIXELS]
    files[1] = files[1][:30]
    parquet.write_table(table(files, LABELS), tmp_path / "train-1.parquet")
    message = refusal(read, tmp_path)
    assert message.startswith(f"{tmp_path / 'train-1.parquet'}: the image of row 1 is corrupt (")


def test_large_images_are_prepared_once(tmp_path, write_parquet) -> None:
    large = np.random.default_rng(1).integers(0, 256, (3, 96, 97, 3)).astype(np.uint8)
    write_parquet(tmp_path / "train.parquet", large, [0, 1, 2])
    first, again = read(tmp_path), read(tmp_path)
    assert first.train.mapped
    assert first.train.images.transpose(0, 2, 3, 1).tolist() == large.tolist()
    assert first.train.pixels.filename == again.train.pixels.filename


def test_declared_classes_count(tmp_path, table, encode, refusal) -> None:
    features = {"label": {"names": ["ant", "bee", "cat", "dog"], "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    rows = table([encode(image) for image in PIXELS], LABELS).replace_schema_metadata(metadata)
    parquet.write_table(rows, tmp_path / "train.parquet")
    data = read(tmp_path)
    assert data.classes == 4
    assert check_raw(data) == 4
    rows = rows.set_column(1, "label", [[0, 1, 2, 3, 4, 0]])
    parquet.write_table(rows, tmp_path / "train.parquet")
    message = refusal(read, tmp_path)
    assert "train.parquet: label 4 of row 4 is out of range: it must be 0 to 3" in message


@pytest.mark.parametrize("metadata", ["no json", "[]", '{"info": {"features": {"label": {}}}}'])
def test_other_metadata_is_left_alone(tmp_path, table, encode, metadata) -> None:
    rows = table([encode(PIXELS[0])], [0]).replace_schema_metadata({"huggingface": metadata})
    parquet.write_table(rows, tmp_path / "train.parquet")
    assert read(tmp_path).classes is None


def test_no_training_file(tmp_path, write_parquet, refusal) -> None:
    write_parquet(tmp_path / "test.parquet", PIXELS, LABELS)
    assert "has no parquet file whose name starts with 'train'" in refusal(read, tmp_path)


def test_no_rows(tmp_path, write_parquet, refusal) -> None:
    write_parquet(tmp_path / "train.parquet", PIXELS[:0], [])
    assert "train.parquet: holds no rows" in refusal(read, tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(tmp_path, write_parquet, refusal, share) -> None:
    path = tmp_path / "train.parquet"
    write_parquet(path, PIXELS, LABELS)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert refusal(read, tmp_path).startswith(f"{path}: truncated or corrupt parquet (")


def test_a_damaged_page_is_found_where_the_file_has_checksums(tmp_path, table, encode, refusal) -> None:
    path = tmp_path / "train.parquet"
    rows = table([encode(image) for image in PIXELS], LABELS)
    parquet.write_table(rows, path, write_page_checksum=True, compression="none")
    content = bytearray(path.read_bytes())
    content[content.index(b"IDAT") + 8] ^= 1
    path.write_bytes(content)
    assert refusal(read, tmp_path).startswith(f"{path}: truncated or corrupt parquet (")


@pytest.mark.parametrize("missing", ["image", "label"])
def test_a_missing_column_is_named_with_the_file(tmp_path, table, encode, refusal, missing) -> None:
    rows = table([encode(PIXELS[0])], [0]).rename_columns({missing: "other"})
    parquet.write_table(rows, tmp_path / "train.parquet")
    message = refusal(read, tmp_path)
    assert f"train.parquet: no column {missing!r} or " in message
    assert "other" in message


@pytest.mark.slow
@pytest.mark.data
def test_cifar_is_read(shared_data, tmp_path) -> None:
    (tmp_path / "train.parquet").symlink_to(shared_data / "cifar10-jpeg" / "test.parquet")
    data = read(tmp_path)
    assert data.train.images.shape == (10_000, 3, 32, 32)
    assert check_raw(data) == 10
    assert np.bincount(data.train.labels).tolist() == [1000] * 10
    # CIFAR-10's published channel means are about 0.49, 0.48, 0.45
    means = data.train.images.mean(axis=(0, 2, 3)) / 255
    assert np.abs(means - [0.494, 0.485, 0.450]).max() < 0.01


def test_fine_labels_declare_the_classes(tmp_path, table, encode) -> None:
    rows = table([encode(image) for image in PIXELS[:2]], [0, 1]).rename_columns(["img", "fine_label"])
    features = {"img": {}, "fine_label": {"names": ["ant", "bee", "cat"]}, "coarse_label": {"names": ["x"]}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    parquet.write_table(rows.replace_schema_metadata(metadata), tmp_path / "train.parquet")
    data = read(tmp_path)
    assert data.classes == 3
    assert data.class_names == ("ant", "bee", "cat")


@pytest.mark.slow
@pytest.mark.data
def test_the_cifar_folder_is_split_and_in_colour(shared_data) -> None:
    splits = load(DataSpec(name=None, path=str(shared_data / "cifar10-jpeg")))
    assert (splits.shape, splits.classes) == ((3, 32, 32), 10)
    parts = (splits.train, splits.validation, splits.test)
    assert [np.bincount(part.labels).tolist() for part in parts] == [[4500] * 10, [500] * 10, [1000] * 10]


@pytest.fixture
def declaring(table, encode):
    """Write a parquet file of images and labels that declares these classes."""

    def write(path, images, labels, names) -> None:
        metadata = {"huggingface": json.dumps({"info": {"features": {"label": {"names": names}}}})}
        rows = table([encode(image) for image in images], labels)
        parquet.write_table(rows.replace_schema_metadata(metadata), path)

    return write


def test_classes_in_another_order_are_numbered_by_name(tmp_path, declaring) -> None:
    declaring(tmp_path / "train-0.parquet", PIXELS[:3], [0, 1, 2], ["ant", "bee", "cat"])
    declaring(tmp_path / "train-1.parquet", PIXELS[3:], [0, 1, 2], ["cat", "ant", "bee"])
    declaring(tmp_path / "test.parquet", PIXELS[:2], [0, 1], ["cat", "bee"])
    data = read(tmp_path)
    assert data.class_names == ("ant", "bee", "cat")
    assert data.train.labels.tolist() == [0, 1, 2, 2, 0, 1]
    assert data.test.labels.tolist() == [2, 1]
    assert data.remarks == ()
    assert data.anew == (
        "labels of train-1.parquet, test.parquet are numbered by the names of their classes",
    )


def test_a_label_beyond_the_names_of_its_own_file(tmp_path, declaring, refusal) -> None:
    declaring(tmp_path / "train.parquet", PIXELS[:3], [0, 1, 2], ["ant", "bee", "cat"])
    declaring(tmp_path / "test.parquet", PIXELS[:2], [0, 2], ["cat", "bee"])
    assert "test.parquet: label 2 of row 1 is out of range: it must be 0 to 1" in refusal(read, tmp_path)


def test_a_class_that_only_the_test_part_declares(tmp_path, declaring, refusal) -> None:
    declaring(tmp_path / "train.parquet", PIXELS[:2], [0, 1], ["ant", "bee"])
    declaring(tmp_path / "test.parquet", PIXELS[:2], [0, 1], ["ant", "cat"])
    message = refusal(read, tmp_path)
    assert f"test.parquet: declares class 'cat', which {tmp_path / 'train.parquet'} does not" in message


def test_a_file_without_names_beside_one_with_names_is_said(tmp_path, declaring, write_parquet) -> None:
    declaring(tmp_path / "train.parquet", PIXELS[:2], [0, 1], ["ant", "bee"])
    write_parquet(tmp_path / "test.parquet", PIXELS[:2], [1, 0])
    data = read(tmp_path)
    assert data.test.labels.tolist() == [1, 0]
    assert data.remarks == (
        "no class names in test.parquet: labels are read in the order that train.parquet declares",
    )


def test_names_that_only_the_test_part_declares_say_nothing_of_training_labels(
    tmp_path, declaring, write_parquet
) -> None:
    write_parquet(tmp_path / "train.parquet", PIXELS[:2], [0, 1])
    declaring(tmp_path / "test.parquet", PIXELS[:2], [1, 0], ["bee", "ant"])
    data = read(tmp_path)
    assert (data.class_names, data.test.labels.tolist()) == (None, [1, 0])
    assert data.remarks == (
        "class names are in test.parquet only, not in training files: labels are read as numbers, which are"
        " taken to mean the same everywhere",
    )


@pytest.mark.parametrize("name", ["val", "valid", "validation", "validation-00000-of-00001", "val_small"])
def test_a_validation_file_serves_as_the_test_part_and_that_is_said(tmp_path, write_parquet, name) -> None:
    write_parquet(tmp_path / "train.parquet", PIXELS, LABELS)
    write_parquet(tmp_path / f"{name}.parquet", PIXELS[:2], LABELS[:2])
    write_parquet(tmp_path / "values.parquet", PIXELS[:2], LABELS[:2])
    data = read(tmp_path)
    assert data.test.labels.tolist() == LABELS[:2]
    assert data.remarks == (
        f"{name}.parquet in {tmp_path} is the test part: no parquet file's name starts with 'test'",
        f"not used in {tmp_path}: values.parquet (validation images are taken from train.parquet)",
    )
    assert data.anew == (f"{name}.parquet is the test part",)


def test_files_beside_a_test_part_are_not_used_and_that_is_said(tmp_path, write_parquet) -> None:
    for name in ("train", "test", "validation"):
        write_parquet(tmp_path / f"{name}.parquet", PIXELS, LABELS)
    (remark,) = read(tmp_path).remarks
    assert remark == (
        f"not used in {tmp_path}: validation.parquet (validation images are taken from train.parquet)"
    )


def test_images_prepared_with_other_labels_are_not_used(tmp_path, declaring) -> None:
    """The same file is read in another way if another file declares the classes."""
    large = np.random.default_rng(1).integers(0, 256, (2, 96, 97, 3)).astype(np.uint8)
    declaring(tmp_path / "train.parquet", large, [0, 1], ["ant", "bee"])
    declaring(tmp_path / "test.parquet", large, [0, 1], ["bee", "ant"])
    encoded = read_folder(str(tmp_path))
    old = replace(encoded, test=replace(encoded.test, labels=np.array([0, 1])))
    assert decoded(old, DataSpec()).test.labels.tolist() == [0, 1]
    assert decoded(encoded, DataSpec()).test.labels.tolist() == [1, 0]
