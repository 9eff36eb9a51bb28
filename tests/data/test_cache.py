import os
import sys
from pathlib import Path

import numpy as np
import pytest

from paretocaps.data.cache import cache_folder, new_images_file, read_cached, write_end

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 3)).astype(np.uint8)
LABELS = np.array([0, 1, 2, 1, 0])


def write(path, pixels=PIXELS, **header) -> None:
    with new_images_file(path, pixels.nbytes) as stream:
        stream.write(pixels.tobytes())
        write_end(stream, pixels.shape[1:], LABELS[: len(pixels)], header)


def test_it_comes_back_mapped(tmp_path) -> None:
    path = tmp_path / "new" / "a.images"
    write(path, train=3, skipped=["ü\udce4.png"])
    found = read_cached(path)
    assert isinstance(found.pixels, np.memmap)
    assert not found.pixels.flags.writeable
    assert found.pixels.tolist() == PIXELS.tolist()
    assert found.labels.tolist() == LABELS.tolist()
    assert found.labels.dtype == np.int64
    assert (found.header["train"], found.header["skipped"]) == (3, ["ü\udce4.png"])
    assert os.listdir(path.parent) == ["a.images"]


def test_what_is_not_there_is_none(tmp_path) -> None:
    assert read_cached(tmp_path / "a.images") is None


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6, 0.9, 0.99])
def test_what_is_cut_off_is_none(tmp_path, share) -> None:
    path = tmp_path / "a.images"
    write(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert read_cached(path) is None


def test_a_cut_in_the_middle_is_found(tmp_path) -> None:
    path = tmp_path / "a.images"
    write(path)
    content = path.read_bytes()
    path.write_bytes(content[:20] + content[24:])
    assert read_cached(path) is None


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupted_writer_leaves_nothing(tmp_path, error) -> None:
    path = tmp_path / "a.images"

    def interrupted() -> None:
        with new_images_file(path, 10) as stream:
            stream.write(b"some")
            assert len(os.listdir(tmp_path)) == 1
            raise error

    with pytest.raises(error):
        interrupted()
    assert os.listdir(tmp_path) == []


def test_two_writers_at_once_do_not_disturb_each_other(tmp_path) -> None:
    path = tmp_path / "a.images"
    with new_images_file(path, PIXELS.nbytes) as stream:
        stream.write(PIXELS[:2].tobytes())
        write(path, PIXELS)
        first = read_cached(path)
        stream.write(PIXELS[2:].tobytes())
        write_end(stream, PIXELS.shape[1:], LABELS, {})
    assert first.pixels.tolist() == read_cached(path).pixels.tolist() == PIXELS.tolist()


def test_a_full_disk_is_told_before_anything_is_written(tmp_path, refusal) -> None:
    def prepare() -> None:
        with new_images_file(tmp_path / "a.images", 10**18):
            pytest.fail("there is not so much room")

    message = refusal(prepare)
    assert message.startswith("the prepared images need 1e+09 GB but ")
    assert "set PARETOCAPS_CACHE to a folder with more room" in message


def test_a_folder_that_cannot_be_is_told(tmp_path, refusal) -> None:
    (tmp_path / "file").write_text("in the way")
    message = refusal(write, tmp_path / "file" / "a.images")
    assert "set PARETOCAPS_CACHE to a folder that can be written to" in message


def test_where_it_is(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PARETOCAPS_CACHE", "~/there")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "there"
    monkeypatch.delenv("PARETOCAPS_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if sys.platform == "linux":
        assert cache_folder() == tmp_path / ".cache" / "paretocaps"
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
        assert cache_folder() == tmp_path / "xdg" / "paretocaps"
    assert isinstance(cache_folder(), Path)
