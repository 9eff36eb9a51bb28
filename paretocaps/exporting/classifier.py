"""An exported network that stays open, and classifies images as they come."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from paretocaps.data.decode import UnfitImageError, pixel_count, to_floats
from paretocaps.data.files import CHANNELS, read_image, unreadable
from paretocaps.errors import DataError, TooLargeError
from paretocaps.exporting.document import read_document
from paretocaps.exporting.engines import OnnxEngine
from paretocaps.exporting.predict import Prediction, prediction


class Classifier:
    """The ONNX graph of an export, which computes in one thread.

    Args:
        folder: the folder of the export.

    Raises:
        DataError: there is no export, it has no graph, or it cannot be read.
        UsageError: onnxruntime is not installed.
    """

    def __init__(self, folder: Path) -> None:
        self._document = read_document(folder)
        if self._document.channels not in CHANNELS:
            raise DataError(
                f"the network takes images of {self._document.channels} channels: image files have 1 or 3"
            )
        self._engine = OnnxEngine(folder, threads=1)

    def classify(self, images: Iterable[tuple[str, bytes]], top: int, pixels: int) -> list[Prediction]:
        """Return the predictions for images: their names, and the bytes of their files.

        Args:
            images: the images, which are read one after another.
            top: how many of the highest scores to return.
            pixels: how many pixels an image may have.

        Raises:
            DataError: an image cannot be read.
            TooLargeError: an image has more pixels.
        """
        return [self._one(name, content, top, pixels) for name, content in images]

    def _one(self, name: str, content: bytes, top: int, pixels: int) -> Prediction:
        kind = self._document
        try:
            count = pixel_count(content)
        except UnfitImageError as error:
            raise unreadable(name, error) from None
        if count > pixels:
            raise TooLargeError(
                f"image {name!r} has {count:,} pixels, but {pixels:,} at most are allowed: make it smaller"
            )
        size = kind.channels, kind.height, kind.width
        found = read_image(content, *size, kind.levels, transposed=kind.transposed, name=name)
        batch = to_floats(np.ascontiguousarray(found.transpose(2, 0, 1)[np.newaxis]))
        return prediction(Path(name), self._engine.scores(batch)[0], kind.about.classes, top)
