import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paretocaps.exporting.document import GRAPH, WEIGHTS, ExportInfo
from paretocaps.exporting.package import write_export
from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network

SMALL = {"height": 8, "width": 8, "channels": 1, "classes": 2, "conv_channels": 4, "capsule_types": 2}


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """An export; tests take copies of it."""
    folder = tmp_path_factory.mktemp("export") / "x"
    info = ExportInfo(classes=("cat", "dog"))
    write_export(folder, build_network(Architecture(**SMALL), seed=0), about=info)
    return folder


@pytest.fixture
def export(run, written):
    """An export `x` and a folder `images` with a `cat` and a `dog`, where commands are run."""
    shutil.copytree(written, "x")
    for number, name in enumerate(("cat", "dog")):
        place = Path("images", name)
        place.mkdir(parents=True)
        Image.fromarray(np.full((8, 8), 100 * number, np.uint8)).save(place / "1.png")
    return Path("x")


@pytest.mark.slow
def test_json_has_a_row_an_image(run, export):
    result = run("predict", export, "images", "--format", "json", "--expect-folders")
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)
    assert [row["file"] for row in rows] == ["images/cat/1.png", "images/dog/1.png"]
    for row in rows:
        assert list(row) == ["file", "class", "score", "expected", "right", "scores"]
        assert row["score"] == row["scores"][row["class"]] == max(row["scores"].values())
    assert "engine onnx (" in result.stderr
    assert "2 images in " in result.stderr
    right = sum(row["right"] for row in rows)
    assert f"accuracy {right / 2:.4g}: {right} of 2 images right" in result.stderr


@pytest.mark.slow
def test_a_table_and_csv(run, export):
    table = run("predict", export, "images/cat/1.png", "--top", 1)
    assert table.exit_code == 0, table.stderr
    assert table.stdout.splitlines()[0].split() == ["file", "class", "score", "scores"]
    text = run("predict", export, "images", "--format", "csv", "--engine", "torch").stdout
    assert [row["file"] for row in csv.DictReader(io.StringIO(text))] == [
        "images/cat/1.png",
        "images/dog/1.png",
    ]


def test_a_corrupt_image_is_left_out_where_asked(run, export):
    Path("images/cat/1.png").write_text("")
    refused = run("predict", export, "images")
    assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    skipped = run("predict", export, "images", "--corrupt", "skip", "--format", "json")
    assert [row["file"] for row in json.loads(skipped.stdout)] == ["images/dog/1.png"]
    assert "left out: image 'images/cat/1.png' cannot be read" in skipped.stderr


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("y", "images"), "no export in 'y'"),
        (("x", "gone.png"), "no such image file or folder: 'gone.png'"),
        (("x", "images", "--expect", "cow"), "unknown class 'cow'"),
        (("x", "x", "--expect", "cat"), "has no image files"),
        (("x", "images", "--engine", "tpu"), "unknown engine 'tpu'"),
        (("x", "images", "--corrupt", "x"), "choose refuse or skip"),
        (("x", "images", "--batch", "0"), "batch=0"),
        (("x",), "paretocaps predict --help"),
    ],
)
def test_wrong_use_is_one_line(run, export, arguments, text):
    result = run("predict", *arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.stderr
    assert text in result.stderr


@pytest.mark.parametrize(("engine", "file"), [("torch", WEIGHTS), ("onnx", GRAPH), ("auto", GRAPH)])
def test_a_truncated_export_is_one_line(run, export, engine, file):
    path = export / file
    path.write_bytes(path.read_bytes()[:-10])
    result = run("predict", export, "images", "--engine", engine)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.stderr
    assert file in result.stderr


@pytest.mark.slow
def test_few_images_are_predicted_without_loading_torch(export, loaded_by):
    assert "torch" not in loaded_by("predict", "x", "images")
