"""An export that stays open predicts as the command does."""

import io
import struct
import zlib

import pytest
from PIL import Image

from paretocaps.errors import DataError, TooLargeError
from paretocaps.exporting.classifier import Classifier
from paretocaps.exporting.document import ExportInfo
from paretocaps.exporting.package import write_export
from paretocaps.exporting.predict import PredictOptions, predict


def test_images_in_memory_are_classified_as_files_are(written, images):
    files = sorted(images.rglob("*.png"))
    found = Classifier(written).classify(((str(one), one.read_bytes()) for one in files), 3, 10**6)
    expected = list(predict(written, files, PredictOptions(engine="onnx", top=3)))
    assert [one.file for one in found] == files
    assert [one.label for one in found] == [one.label for one in expected]
    assert [one.score for one in found] == pytest.approx([one.score for one in expected], abs=1e-6)


def test_an_image_that_cannot_be_read_is_named(written):
    with pytest.raises(DataError, match=r"image 'cat.png' cannot be read \(not a .* image\)"):
        Classifier(written).classify([("cat.png", b"no image")], 3, 10**6)


def test_an_image_that_is_too_large_is_refused_before_it_is_decoded(written):
    stream = io.BytesIO()
    Image.new("L", (8, 8)).save(stream, "png")
    huge = bytearray(stream.getvalue())
    huge[16:24] = struct.pack(">II", 9000, 9000)
    huge[29:33] = struct.pack(">I", zlib.crc32(bytes(huge[12:29])))
    with pytest.raises(TooLargeError, match="image 'a.png' has 81,000,000 pixels, but 50,000,000 at most"):
        Classifier(written).classify([("a.png", bytes(huge))], 3, 50_000_000)


def test_an_export_without_a_graph_is_told(network, tmp_path):
    write_export(tmp_path / "pets", network, about=ExportInfo(classes=("a", "b", "c")), onnx=False)
    with pytest.raises(DataError, match=r"has no network.onnx: use --engine torch, or export with ONNX"):
        Classifier(tmp_path / "pets")
