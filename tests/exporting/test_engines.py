import numpy as np
import pytest

from paretocaps.errors import DataError, UnknownNameError
from paretocaps.exporting.document import DOCUMENT, GRAPH
from paretocaps.exporting.engines import ENGINES, LOADING, Engine, choose_engine, open_engine
from paretocaps.exporting.package import write_export

IMAGES = np.random.default_rng(0).random((7, 1, 9, 8), dtype=np.float32)


def test_the_engines_agree(written):
    torch, onnx = (open_engine(name, written).scores(IMAGES) for name in ENGINES)
    assert torch.shape == (7, 3)
    assert np.abs(torch - onnx).max() < 1e-5


def test_an_unknown_engine(written):
    with pytest.raises(UnknownNameError, match=r"unknown engine 'onxx': did you mean 'onnx'\?"):
        open_engine("onxx", written)


def test_onnx_needs_a_graph_and_the_right_one(folder):
    (folder / GRAPH).write_bytes((folder / GRAPH).read_bytes()[:-1])
    with pytest.raises(DataError, match="sha256 differs"):
        open_engine("onnx", folder)
    (folder / GRAPH).unlink()
    with pytest.raises(DataError, match=f"has no {GRAPH}"):
        open_engine("onnx", folder)


def test_a_graph_of_another_shape(folder):
    text = (folder / DOCUMENT).read_text().replace('"height": 9', '"height": 10')
    (folder / DOCUMENT).write_text(text)
    with pytest.raises(DataError, match="takes images of 1x9x8 in 3 classes, but .* takes 1x10x8"):
        open_engine("onnx", folder)


def test_an_export_without_a_graph(network, info, tmp_path):
    write_export(tmp_path / "x", network, about=info, onnx=False)
    with pytest.raises(DataError, match="use --engine torch"):
        open_engine("onnx", tmp_path / "x")
    assert open_engine("torch", tmp_path / "x").scores(IMAGES).shape == (7, 3)


class Slow(Engine):
    """Takes some seconds a batch on the test's clock."""

    def __init__(self, name, seconds, now):
        self.name, self.seconds, self.now = name, seconds, now  # type: ignore[misc]

    def scores(self, images):
        self.now[0] += self.seconds * (len(images) > 2)
        return images


def choose(first, other, left):
    now, loaded = [0.0], []

    def load():
        loaded.append(True)
        return Slow("torch", other, now)

    engine, why = choose_engine(Slow("onnx", first, now), load, IMAGES, left, lambda: now[0])
    return engine.name, why, bool(loaded)


def test_few_images_are_not_worth_a_second_engine():
    assert choose(0.5 * LOADING, 0.1, left=7) == ("onnx", "1 images per second", False)


def test_the_faster_engine_is_chosen():
    assert choose(1.0, 0.5, left=700) == ("torch", "images per second: onnx 7, torch 14", True)
    assert choose(1.0, 2.0, left=700) == ("onnx", "images per second: onnx 7, torch 4", True)
