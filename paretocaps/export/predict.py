"""Classes of image files, by an exported network."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from paretocaps.data.decode import Pixels
from paretocaps.data.files import CHANNELS, find_images, read_image
from paretocaps.data.mapped_in_order import mapped_in_order
from paretocaps.errors import DataError, UnknownNameError, UsageError
from paretocaps.export.document import Document, read_document
from paretocaps.export.engines import Engine, choose_engine, open_engine
from paretocaps.export.session import Floats

BATCH = 64
CORRUPT = ("refuse", "skip")

Talk = Callable[[str], None]


@dataclass(frozen=True)
class Prediction:
    """What a network says of one image file.

    Attributes:
        file: the image.
        label: name of the class with the highest score.
        score: that score, 0 to 1 for capsules.
        scores: the highest scores by class, best first.
        expected: the class it should be, where that was said.
    """

    file: Path
    label: str
    score: float
    scores: dict[str, float]
    expected: str | None = None

    @property
    def right(self) -> bool | None:
        """Whether it is what was expected; None where nothing was."""
        return None if self.expected is None else self.label == self.expected

    def as_dict(self) -> dict[str, Any]:
        """Return the prediction as the command line's JSON has it."""
        row = {"file": str(self.file), "class": self.label, "score": self.score}
        expected = {} if self.expected is None else {"expected": self.expected, "right": self.right}
        return row | expected | {"scores": self.scores}


@dataclass(frozen=True)
class PredictOptions:
    """How images are predicted.

    Attributes:
        engine: "torch", "onnx", or "auto": ONNX, and where that would take more than 10 seconds the faster of
            the two on the first batch.
        batch: images at once.
        top: how many of the highest scores to return.
        corrupt: "refuse" ends with the first image that cannot be read, "skip" leaves such images out.
        expect: the class that all images should be.
        expect_folders: whether each image should be of the class that its folder is named after.

    Raises:
        UsageError: a number below 1, another word for `corrupt`, or both ways to expect.
    """

    engine: str = "auto"
    batch: int = BATCH
    top: int = 3
    corrupt: str = "refuse"
    expect: str | None = None
    expect_folders: bool = False

    def __post_init__(self) -> None:
        for name in ("batch", "top"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name}={getattr(self, name)}: it must be 1 or more")
        if self.corrupt not in CORRUPT:
            raise UsageError(f"corrupt={self.corrupt!r}: choose {' or '.join(CORRUPT)}")
        if self.expect is not None and self.expect_folders:
            raise UsageError("one class expected of all images, and one of each folder: give one of them")


def predict(
    folder: Path, paths: Sequence[Path], options: PredictOptions, talk: Talk = lambda _: None
) -> Iterator[Prediction]:
    """Yield what an exported network says of image files, in order.

    Images are decoded in threads while the batch before is computed.

    Args:
        folder: of the export.
        paths: image files, and folders of them, which are searched with all folders below.
        options: how.
        talk: is told which engine was taken, and which images were left out.

    Raises:
        DataError: the export, a path or an image cannot be read, or no image is left.
        UnknownNameError: an engine or an expected class that there is not.
    """
    document = read_document(folder)
    if document.channels not in CHANNELS:
        raise DataError(f"the network takes images of {document.channels} channels: image files have 1 or 3")
    files = list(find_images(paths))
    expected = expected_classes(document.about.classes, files, options)
    named = dict(zip(files, expected, strict=True))
    engine, open_question = _opened(folder, document, options.engine)
    said = 0
    for found, images in _decoded(files, document, options, talk):
        if open_question:
            load_torch = partial(open_engine, "torch", folder)
            engine, why = choose_engine(engine, load_torch, images, len(files))
            talk(f"engine {engine.name} ({why})")
            open_question = False
        for file, scores in zip(found, engine.scores(images), strict=True):
            yield _prediction(file, scores, document.about.classes, options.top, named[file])
            said += 1
    if not said:
        raise DataError("there is no image that can be read: name some files or folders")


def expected_classes(
    classes: Sequence[str], files: Sequence[Path], options: PredictOptions
) -> list[str | None]:
    """Return the class that each file should be of, None where that was not said.

    Raises:
        UnknownNameError: the network has no such class.
    """
    if options.expect_folders:
        names: list[str | None] = [file.absolute().parent.name for file in files]
    else:
        names = [options.expect] * len(files)
    for name in dict.fromkeys([options.expect, *names]):
        if name is not None and name not in classes:
            raise UnknownNameError("class", name, classes)
    return names


def _opened(folder: Path, document: Document, name: str) -> tuple[Engine, bool]:
    """The engine asked for, or the one to start with, and whether another may be faster."""
    if name != "auto":
        return open_engine(name, folder), False
    if document.graph is None:
        return open_engine("torch", folder), False
    return open_engine("onnx", folder), True


def _decoded(
    files: Sequence[Path], document: Document, options: PredictOptions, talk: Talk
) -> Iterator[tuple[list[Path], Floats]]:
    """Yield files that could be read with their images, a batch at a time, while later ones are decoded."""
    size = document.channels, document.height, document.width
    found: list[Path] = []
    images = np.empty((min(options.batch, len(files)), *size), np.uint8)
    for file, pixels in zip(files, mapped_in_order(lambda file: _read(file, *size), files), strict=True):
        if isinstance(pixels, DataError):
            if options.corrupt == "refuse":
                raise DataError(f"{pixels}: leave such images out with --corrupt skip")
            talk(f"left out: {pixels}")
            continue
        images[len(found)] = pixels.transpose(2, 0, 1)
        found.append(file)
        if len(found) == options.batch:
            yield found, _floats(images)
            found = []
    if found:
        yield found, _floats(images[: len(found)])


def _read(file: Path, channels: int, height: int, width: int) -> Pixels | DataError:
    try:
        return read_image(file, channels, height, width)
    except DataError as error:
        return error


def _floats(images: Pixels) -> Floats:
    return images.astype(np.float32) / np.float32(255)


def _prediction(
    file: Path, scores: Floats, classes: Sequence[str], top: int, expected: str | None
) -> Prediction:
    best = np.argsort(-scores, kind="stable")[:top]
    named = {classes[index]: float(scores[index]) for index in best}
    label = classes[best[0]]
    return Prediction(file, label, named[label], named, expected)
