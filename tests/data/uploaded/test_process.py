"""What the process that checks an upload answers."""

import os
import warnings
from pathlib import Path

import pytest

from paretocaps.data.uploaded import process
from tests.data.uploaded.hostile import LIMITS, uploads
from tests.data.uploaded.packing import flowers, zipped


@pytest.fixture
def answer(tmp_path, monkeypatch):
    """Return a function from an upload to the answer of the process, which it is in this one."""
    draft = tmp_path / "draft"
    draft.mkdir()
    monkeypatch.chdir(draft)
    monkeypatch.setenv("PARETOCAPS_CACHE", str(draft / ".prepared"))

    def answer(content, reading=None):
        Path(process.UPLOAD).write_bytes(content)
        return process.outcome({"name": "flowers", "reading": reading or {}}, LIMITS)

    return answer


def test_a_whole_upload_is_described_as_data_are(answer):
    content = zipped(flowers(10))
    found = answer(content)
    assert found["files"] == 20
    assert found["bytes"] == sum(map(len, flowers(10).values()))
    assert found["told"][0] == ("2 classes: daisy, rose; 15 training, 2 validation, 3 test images (held out)")
    assert not any("1x1" in line for line in found["told"])


def test_images_are_refused_with_the_texts_of_data(answer):
    text = answer(zipped({"0.png": b"", "1.png": b""}))["refused"]
    assert text == (
        "data folder 'flowers' holds images but no class folders: put the images of each class into a"
        " sub-folder of its own"
    )


def test_options_of_a_study_say_how_images_are_read(answer):
    broken = {**flowers(10), "daisy/9.png": b"no image"}
    assert "--corrupt skip" in answer(zipped(broken))["refused"]


def test_the_options_of_a_study_help(answer):
    broken = {**flowers(10), "daisy/9.png": b"no image"}
    found = answer(zipped(broken), {"corrupt": "skip"})
    assert "1 image that cannot be read is left out: flowers/daisy/9.png" in found["told"][1]


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # zipfile warns of names that are there twice
    HOSTILE = uploads()


@pytest.mark.parametrize("name", HOSTILE)
def test_200_hostile_uploads_are_each_answered_with_one_line_and_stay_inside(answer, tmp_path, name):
    found = answer(HOSTILE[name])
    assert set(found) == {"refused", "large"}, found
    assert found["refused"]
    assert found["refused"].isprintable()
    assert os.listdir(tmp_path) == ["draft"]
    assert set(os.listdir()) <= {".upload", "flowers", "flowers.unpacked", ".prepared"}
    assert not list(tmp_path.rglob("*evil*"))
