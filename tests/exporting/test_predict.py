import errno
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paretocaps.errors import DataError, UnknownNameError, UsageError
from paretocaps.exporting.engines import open_engine
from paretocaps.exporting.package import write_export
from paretocaps.exporting.predict import PredictOptions, expected_classes, predict
from paretocaps.models.build import build_network


def run(folder, paths, **options):
    talk = []
    return list(predict(folder, [Path(path) for path in paths], PredictOptions(**options), talk.append)), talk


@pytest.mark.parametrize("engine", ["torch", "onnx", "auto"])
@pytest.mark.parametrize("batch", [1, 4, 64, 10**15])
def test_every_image_has_the_scores_of_the_network(written, images, engine, batch):
    found, _ = run(written, [images], engine=engine, batch=batch, top=9)
    files = sorted(images.rglob("*.png"))
    assert [one.file for one in found] == files
    pixels = np.stack([np.asarray(Image.open(file)) for file in files])[:, None].astype(np.float32) / 255
    expected = open_engine("torch", written).scores(pixels)
    for one, scores in zip(found, expected, strict=True):
        named = dict(zip(("ant", "bee", "cat"), scores, strict=True))
        assert one.label == max(named, key=named.get)
        assert one.score == one.scores[one.label]
        assert list(one.scores.values()) == sorted(one.scores.values(), reverse=True)
        assert one.scores == pytest.approx(named, abs=1e-5)


def test_only_the_best_scores_are_kept(written, images):
    found, _ = run(written, [images], top=2)
    assert {len(one.scores) for one in found} == {2}
    row = found[0].as_dict()
    assert list(row) == ["file", "class", "score", "scores"]
    assert found[0].right is None


def test_the_engine_is_told(written, images):
    _, talk = run(written, [images])
    assert len(talk) == 1
    assert talk[0].startswith("engine onnx (")
    assert run(written, [images], engine="torch")[1] == []


def test_files_and_folders_in_the_order_given(written, images):
    last = images / "cat" / "2.png"
    found, _ = run(written, [last, images / "ant"])
    assert [one.file for one in found] == [last, *sorted((images / "ant").iterdir())]


def test_what_is_expected_of_each_image(written, images):
    found, _ = run(written, [images], expect_folders=True)
    assert [one.expected for one in found] == [one.file.parent.name for one in found]
    assert {one.right for one in found} == {True, False}
    assert [one.right for one in found] == [one.label == one.expected for one in found]
    assert found[0].as_dict()["expected"] == "ant"
    everyone, _ = run(written, [images], expect="bee")
    assert [one.right for one in everyone] == [one.label == "bee" for one in everyone]


def test_the_nearest_folder_that_names_a_class_is_expected():
    folders = PredictOptions(expect_folders=True)
    files = [Path("bee/ant/session/1.png"), Path("ant/1.png"), Path("ant/bee/1.png")]
    assert expected_classes(["ant", "bee"], files, folders) == ["ant", "ant", "bee"]


def test_expected_names_are_compared_in_one_unicode_form():
    classes = ["ant", "caf\u00e9"]
    folders = PredictOptions(expect_folders=True)
    assert expected_classes(classes, [Path("cafe\u0301/1.png")], folders) == ["caf\u00e9"]
    one = PredictOptions(expect="caf\u00e9")
    assert expected_classes(["cafe\u0301"], [Path("1.png")], one) == ["cafe\u0301"]


def test_an_unknown_class_is_named_before_anything_is_computed(written, images):
    with pytest.raises(UnknownNameError, match=r"unknown class 'ants': did you mean 'ant'\?"):
        run(written, [images], expect="ants")
    (images / "ant").rename(images / "wasp")
    with pytest.raises(UnknownNameError, match=r"unknown class 'wasp' .*known: ant, bee, cat"):
        run(written, [images], expect_folders=True)


def test_a_corrupt_image_is_refused_or_left_out(written, images):
    bad = images / "bee" / "0.png"
    bad.write_bytes(bad.read_bytes()[:40])
    with pytest.raises(DataError, match=r"bee/0.png' cannot be read .*--corrupt skip") as caught:
        run(written, [images])
    assert "\n" not in str(caught.value)
    found, talk = run(written, [images], corrupt="skip", batch=3)
    assert len(found) == 8
    assert bad not in [one.file for one in found]
    assert [line for line in talk if "left out: " in line and "bee/0.png" in line]


@pytest.mark.parametrize("corrupt", ["refuse", "skip"])
def test_an_image_that_its_disk_withholds_is_not_left_out(written, images, monkeypatch, corrupt):
    def refuse(*_, **__):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Image, "open", refuse)
    with pytest.raises(DataError, match=r"\(Permission denied\): check its rights$"):
        run(written, [images], corrupt=corrupt)


def test_no_image_left(written, images):
    bad = images / "bee" / "0.png"
    bad.write_bytes(b"")
    with pytest.raises(DataError, match="there is no image that can be read"):
        run(written, [bad], corrupt="skip")


def test_an_export_without_a_graph_is_run_by_torch(network, info, images, tmp_path):
    write_export(tmp_path / "x", network, about=info, onnx=False)
    found, talk = run(tmp_path / "x", [images])
    assert (len(found), talk) == (9, [])


def test_images_of_another_size_and_colour(written, images):
    place = images / "ant" / "0.png"
    Image.new("RGB", (30, 20), "white").save(place)
    white = np.ones((1, 1, 9, 8), np.float32)
    (found,), _ = run(written, [place], top=3, engine="torch")
    assert list(found.scores.values()) == pytest.approx(
        sorted(open_engine("torch", written).scores(white)[0], reverse=True), abs=1e-6
    )


def test_deep_grays_are_scaled_as_those_of_the_training(small, info, images, tmp_path):
    deep = tmp_path / "deep.png"
    Image.fromarray(np.full((9, 8), 4000, np.uint16)).save(deep)
    for levels, bright in (((0.0, 4000.0), 1.0), ((0.0, 8000.0), 128 / 255)):
        network = build_network(small.model_copy(update={"levels": levels}), seed=0)
        folder = tmp_path / f"{levels[1]:g}"
        write_export(folder, network, about=info, onnx=False)
        (found,), talk = run(folder, [deep], top=3)
        assert talk[0].startswith(
            f"gray values of more than 8 bits are scaled: 0 to {levels[1]:g}, the range"
        )
        expected = open_engine("torch", folder).scores(np.full((1, 1, 9, 8), bright, np.float32))
        assert list(found.scores.values()) == pytest.approx(sorted(expected[0], reverse=True), abs=1e-6)


def test_a_network_of_transposed_files_transposes_them(small, info, images, tmp_path):
    network = build_network(small.model_copy(update={"transposed": True}), seed=0)
    write_export(tmp_path / "x", network, about=info, onnx=False)
    file = images / "ant" / "0.png"
    turned = tmp_path / "turned.png"
    Image.open(file).transpose(Image.Transpose.TRANSPOSE).save(turned)
    (found,), _ = run(tmp_path / "x", [turned], top=3)
    pixels = np.asarray(Image.open(file))[None, None].astype(np.float32) / 255
    expected = open_engine("torch", tmp_path / "x").scores(pixels)
    assert list(found.scores.values()) == pytest.approx(sorted(expected[0], reverse=True), abs=1e-6)


def test_a_network_of_odd_channels(small, info, images, tmp_path):
    network = build_network(small.model_copy(update={"channels": 2}), seed=0)
    write_export(tmp_path / "x", network, about=info, onnx=False)
    with pytest.raises(DataError, match="takes images of 2 channels"):
        run(tmp_path / "x", [images], corrupt="skip")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"batch": 0}, "batch=0: it must be 1 or more"),
        ({"top": -1}, "top=-1: it must be 1 or more"),
        ({"corrupt": "maybe"}, "corrupt='maybe': choose refuse or skip"),
        ({"expect": "ant", "expect_folders": True}, "give one of them"),
    ],
)
def test_options_that_cannot_be(options, text):
    with pytest.raises(UsageError, match=text):
        PredictOptions(**options)
