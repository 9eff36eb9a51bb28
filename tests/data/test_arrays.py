import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from paretocaps.data import arrays as module
from paretocaps.data.arrays import decoded
from paretocaps.data.raw import RawData, RawPart
from paretocaps.data.raw_splits import read_splits
from paretocaps.data.sources.folder import read_folder
from paretocaps.data.tensor_splits import load
from paretocaps.domain.job import DataSpec


def spec_of(folder, **options):
    return DataSpec(name=None, path=str(folder), **options)


def read(folder, **options):
    return decoded(read_folder(str(folder)), spec_of(folder, **options))


def test_class_folders_are_prepared_once(tmp_path, class_folders) -> None:
    folder, told = class_folders(tmp_path), []
    for _ in range(2):
        read_splits(spec_of(folder), lambda *what: told.append(what))
    assert told.count(("preparing images", 12, 12)) == 1


def test_a_damaged_file_is_made_again(tmp_path, class_folders) -> None:
    folder = class_folders(tmp_path)
    first = read(folder)
    before, path = first.train.images.tolist(), first.train.pixels.filename
    with open(path, "r+b") as stream:
        stream.truncate(100)
    again = read(folder)
    assert again.train.pixels.filename == path
    assert again.train.images.tolist() == before


def test_every_way_of_preparing_has_its_file(tmp_path, class_folders) -> None:
    folder = class_folders(tmp_path)
    ways = [{}, {"channels": 1}, {"channels": 3}, {"corrupt": "skip"}]
    assert len({read(folder, **way).train.pixels.filename for way in ways}) == 4
    assert read(folder, channels=1).train.shape == (1, 8, 8)


def test_what_is_left_out_is_said(tmp_path, class_folders) -> None:
    class_folders(tmp_path, count=14)
    (tmp_path / "ant" / "3.png").write_bytes(b"nothing")
    one = read(tmp_path, corrupt="skip")
    assert len(one.train) == 41
    (remark,) = one.remarks
    assert remark.startswith(f"1 image that cannot be read is left out: {tmp_path / 'ant' / '3.png'} (not a ")
    for number in range(12):
        (tmp_path / "bee" / f"{number}.png").write_bytes(b"nothing")
    (remark,) = read(tmp_path, corrupt="skip").remarks
    assert remark.startswith("13 images that cannot be read are left out: ")
    assert remark.endswith(" and 3 more")


def test_what_is_resized_is_said(tmp_path, class_folders, photo) -> None:
    class_folders(tmp_path, count=4)
    for number in range(2):
        (tmp_path / "ant" / f"{number}.png").write_bytes(photo(9, 8))
    (remark,) = read(tmp_path).remarks
    assert remark == "2 of 12 images are resized to 8x8: the median of the training images, 256 at most"


def test_deep_grays_are_scaled_by_the_range_of_the_training_part(tmp_path) -> None:
    for number, (part, name) in enumerate([(p, n) for p in ("train", "test") for n in ("ant", "bee")]):
        (tmp_path / part / name).mkdir(parents=True)
        values = np.array([[0, 100 * number, 1000 * number]], np.uint16)
        Image.fromarray(values).save(tmp_path / part / name / "0.png")
    data = read(tmp_path)
    assert data.levels == (0, 1000)
    assert data.train.images[1].tolist() == [[[0, 26, 255]]]
    assert data.test.images[1].tolist() == [[[0, 76, 255]]]
    assert data.remarks == (
        "4 images: gray values of more than 8 bits are scaled: 0 to 1000, the range of the training images,"
        " are read as 0 to 255",
    )
    assert data.anew == ("4 images are turned upright or scaled from more than 8 bits",)
    asked = read(tmp_path, levels=(0, 3000))
    assert asked.levels == (0, 3000)
    assert asked.test.images[1].tolist() == [[[0, 26, 255]]]
    assert read(tmp_path).train.images.tolist() == data.train.images.tolist()


def test_plain_images_are_read_as_before(tmp_path, class_folders, write_parquet) -> None:
    write_parquet(tmp_path / "train.parquet", np.zeros((4, 8, 8)), [0, 1, 0, 1])
    for data in (read(class_folders(tmp_path / "folders")), read(tmp_path)):
        assert (data.levels, data.anew, data.remarks) == (None, (), ())


def test_images_get_the_size_that_is_asked_for(tmp_path, class_folders) -> None:
    data = read(class_folders(tmp_path, count=4), size=(5, 9))
    assert data.train.shape[1:] == (5, 9)
    assert data.remarks == ("all images are resized to 5x9: as requested",)


def test_large_images_are_scaled_down(tmp_path, class_folders) -> None:
    data = read(class_folders(tmp_path, "ant bee", count=2, height=320, width=640))
    assert data.train.shape == (3, 128, 256)
    assert data.remarks[0].startswith("all images are resized to 128x256: ")


def test_mapped_parts_share_the_file_and_split_as_others_do(tmp_path, class_folders, monkeypatch) -> None:
    folder = class_folders(tmp_path, count=30)
    splits = read_splits(spec_of(folder, limit_train=20))
    parts = (splits.train, splits.validation, splits.test)
    assert [len(part) for part in parts] == [20, 8, 15]
    assert all(part.mapped and part.pixels.filename == splits.train.pixels.filename for part in parts)
    assert all(part.pixels.base is not None for part in parts)
    whole = read(folder).train
    for part in parts:
        assert part.labels.tolist() == whole.labels[part.rows].tolist()
        assert part.images.tolist() == whole.images[part.rows].tolist()
    assert not set(splits.train.rows) & set(splits.validation.rows)


def test_small_tables_write_nothing(tmp_path, write_parquet, cache_folder) -> None:
    before = set(os.listdir(cache_folder)) if cache_folder.exists() else set()
    write_parquet(tmp_path / "train.parquet", np.zeros((4, 8, 8)), [0, 1, 0, 1])
    assert not read(tmp_path).train.mapped
    assert (set(os.listdir(cache_folder)) if cache_folder.exists() else set()) == before


def test_many_small_images_are_mapped(tmp_path, write_parquet, monkeypatch) -> None:
    monkeypatch.setattr(module, "FEW_BYTES", 100)
    write_parquet(tmp_path / "train.parquet", np.zeros((4, 8, 8)), [0, 1, 0, 1])
    assert read(tmp_path).train.mapped


def test_arrays_get_channels_or_refuse_to(refusal) -> None:
    gray = RawPart(np.arange(8, dtype=np.uint8).reshape(2, 1, 2, 2), np.arange(2), "there")
    coloured = decoded(RawData(gray, gray), DataSpec(channels=3))
    assert coloured.train.images.shape == coloured.test.images.shape == (2, 3, 2, 2)
    assert (coloured.train.images == gray.images).all()
    assert "there: images of 2x2x3 cannot be given 1 channel" in refusal(
        decoded, coloured, DataSpec(channels=1)
    )


@pytest.mark.parametrize("limit", [None, 5])
def test_tensors_of_a_mapped_part(tmp_path, class_folders, limit) -> None:
    folder = class_folders(tmp_path, count=10)
    raw, splits = read_splits(spec_of(folder, limit_train=limit)), load(spec_of(folder, limit_train=limit))
    names = ("train", "validation", "test")
    for part, tensors in ((getattr(raw, name), getattr(splits, name)) for name in names):
        assert tensors.mapped
        assert tensors.images.numpy().tolist() == part.images.tolist()
        assert tensors.labels.tolist() == part.labels.tolist()
    assert splits.train.pixels.data_ptr() == splits.validation.pixels.data_ptr()


KILLED_MIDWAY = """
import os, signal, sys
from paretocaps.data.raw_splits import read_splits
from paretocaps.domain.job import DataSpec

def kill(what, done, total):
    if what == "preparing images" and done:
        os.kill(os.getpid(), signal.SIGKILL)

read_splits(DataSpec(name=None, path=sys.argv[1]), kill)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_preparation_is_not_taken_for_whole(tmp_path, class_folders, monkeypatch) -> None:
    monkeypatch.setenv("PARETOCAPS_CACHE", str(tmp_path / "cache"))
    folder = class_folders(tmp_path / "images", count=40)
    killed = subprocess.run([sys.executable, "-c", KILLED_MIDWAY, str(folder)], check=False)
    assert killed.returncode == -signal.SIGKILL
    (left,) = os.listdir(tmp_path / "cache")
    assert left.endswith(".part")
    assert len(read(folder).train) == 120
    assert [name.endswith(".part") for name in os.listdir(tmp_path / "cache")] == [False]


def test_an_interrupted_preparation_leaves_nothing(tmp_path, class_folders, monkeypatch) -> None:
    monkeypatch.setenv("PARETOCAPS_CACHE", str(tmp_path / "cache"))

    def interrupt(what: str, done: int, total: int) -> None:
        if what == "preparing images" and done:
            raise KeyboardInterrupt

    folder = class_folders(tmp_path / "images", count=40)
    with pytest.raises(KeyboardInterrupt):
        read_splits(spec_of(folder), interrupt)
    assert os.listdir(tmp_path / "cache") == []


@pytest.mark.slow
def test_several_at_once_come_to_the_same(tmp_path, class_folders) -> None:
    code = (
        "import sys; from paretocaps.data.raw_splits import read_splits\n"
        "from paretocaps.domain.job import DataSpec\n"
        "print(int(read_splits(DataSpec(name=None, path=sys.argv[1])).train.images.sum()))"
    )
    folder = class_folders(tmp_path, count=40)
    command = [sys.executable, "-c", code, str(folder)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    sums = {process.communicate()[0] for process in running}
    assert sums == {f"{int(read_splits(spec_of(folder)).train.images.sum())}\n"}
