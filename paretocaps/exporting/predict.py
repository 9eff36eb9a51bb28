"""Predicts the classes of image files with an exported network."""

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from paretocaps.data.decode import Pixels, to_floats
from paretocaps.data.deep_images import scaled_from
from paretocaps.data.files import CHANNELS, CorruptImageError, find_images, read_image
from paretocaps.data.mapped_in_order import mapped_in_order
from paretocaps.data.sources.class_names import nearest_class, one_form
from paretocaps.domain.job import Levels
from paretocaps.domain.progress import OnProgress, unheard
from paretocaps.errors import DataError, UnknownNameError, UsageError
from paretocaps.exporting.document import Document, read_document
from paretocaps.exporting.engines import Engine, choose_engine, open_engine
from paretocaps.exporting.session import Floats

BATCH = 64
CORRUPT = ("refuse", "skip")

Talk = Callable[[str], None]


@dataclass(frozen=True)
class Prediction:
    """A network's prediction for one image file.

    Attributes:
        file: the image.
        label: the name of the class with the highest score.
        score: that score, 0 to 1.
        scores: the highest scores by class, best first.
        expected: the class that the image should be of, where one is expected.
    """

    file: Path
    label: str
    score: float
    scores: dict[str, float]
    expected: str | None = None

    @property
    def right(self) -> bool | None:
        """Whether the prediction is the expected class; None where none is expected."""
        return None if self.expected is None else self.label == self.expected

    def as_dict(self) -> dict[str, Any]:
        """Return the prediction in the form of the command line's JSON."""
        row = {"file": str(self.file), "class": self.label, "score": self.score}
        expected = {} if self.expected is None else {"expected": self.expected, "right": self.right}
        return row | expected | {"scores": self.scores}


@dataclass(frozen=True)
class PredictOptions:
    """How images are predicted.

    Attributes:
        engine: "torch", "onnx", or "auto": ONNX, or where that would take more than 10 seconds the engine
            that is faster on the first batch.
        batch: images per batch.
        top: how many of the highest scores to return.
        corrupt: "refuse" stops at the first image that cannot be read, "skip" leaves such images out.
        expect: the class that all images should be of.
        expect_folders: whether each image should be of the class that the nearest folder above it names.

    Raises:
        UsageError: a number is below 1, `corrupt` is another word, or `expect` and `expect_folders` are both
            given.
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
            raise UsageError("one class is expected of all images, and one per folder: give one of them")


def predict(
    folder: Path,
    paths: Sequence[Path],
    options: PredictOptions,
    talk: Talk = unheard,
    on_progress: OnProgress = unheard,
) -> Iterator[Prediction]:
    """Yield an exported network's predictions for image files, in order.

    Images are decoded in threads while the previous batch is computed.

    Args:
        folder: the folder of the export.
        paths: image files, and folders of them, which are searched with all their subfolders.
        options: how to predict.
        talk: receives a line on the engine that was chosen, one on the range of gray values if the network
            was trained on more than 8 bits, one per image that is left out, and one per folder with files
            that are not images.
        on_progress: receives how many images are classified.

    Raises:
        DataError: the export, a path or an image cannot be read, or no image is left.
        UnknownNameError: there is no such engine or expected class.
    """
    document = read_document(folder)
    if document.channels not in CHANNELS:
        raise DataError(f"the network takes images of {document.channels} channels: image files have 1 or 3")
    if document.levels is not None:
        talk(scaled_from(document.levels))
    files = list(find_images(paths, talk))
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
            yield prediction(file, scores, document.about.classes, options.top, named[file])
            said += 1
        on_progress("classifying images", said, len(files))
    if not said:
        raise DataError("there is no image that can be read: name some files or folders")


def expected_classes(
    classes: Sequence[str], files: Sequence[Path], options: PredictOptions
) -> list[str | None]:
    """Return the class that each file should be of, or None where none is expected.

    The class of a folder is that of the nearest folder above the file that is called as a class, as it is in
    training. Names are compared in one Unicode form.

    Raises:
        UnknownNameError: the network has no such class.
    """
    spelled = {one_form(name): name for name in classes}
    if options.expect_folders:
        names: list[str | None] = [_class_of(file.absolute().parent, spelled) for file in files]
    else:
        names = [options.expect] * len(files)
    expected = [name and spelled.get(one_form(name), name) for name in names]
    for name in dict.fromkeys(expected):
        if name is not None and name not in classes:
            raise UnknownNameError("class", name, classes)
    return expected


def _class_of(folder: Path, classes: Container[str]) -> str:
    return nearest_class(folder.parts, classes) or folder.name


def _opened(folder: Path, document: Document, name: str) -> tuple[Engine, bool]:
    """Return the engine called `name`, or for "auto" the first one, and whether another may be faster."""
    if name != "auto":
        return open_engine(name, folder), False
    if document.graph is None:
        return open_engine("torch", folder), False
    return open_engine("onnx", folder), True


def _decoded(
    files: Sequence[Path], document: Document, options: PredictOptions, talk: Talk
) -> Iterator[tuple[list[Path], Floats]]:
    """Yield readable files with their images, batch by batch, while later files are decoded."""
    size = document.channels, document.height, document.width
    read = partial(_read, *size, document.levels, document.transposed)
    found: list[Path] = []
    images = np.empty((min(options.batch, len(files)), *size), np.uint8)
    for file, pixels in zip(files, mapped_in_order(read, files), strict=True):
        if isinstance(pixels, CorruptImageError):
            if options.corrupt == "refuse":
                raise DataError(f"{pixels}: leave such images out with --corrupt skip")
            talk(f"left out: {pixels}")
            continue
        images[len(found)] = pixels.transpose(2, 0, 1)
        found.append(file)
        if len(found) == options.batch:
            yield found, to_floats(images)
            found = []
    if found:
        yield found, to_floats(images[: len(found)])


def _read(
    channels: int, height: int, width: int, levels: Levels | None, transposed: bool, file: Path
) -> Pixels | CorruptImageError:
    try:
        return read_image(file, channels, height, width, levels, transposed=transposed)
    except CorruptImageError as error:
        return error


def prediction(
    file: Path, scores: Floats, classes: Sequence[str], top: int, expected: str | None = None
) -> Prediction:
    """Return the prediction that an image's scores [O] are, with its `top` classes."""
    best = np.argsort(-scores, kind="stable")[:top]
    named = {classes[index]: float(scores[index]) for index in best}
    label = classes[best[0]]
    return Prediction(file, label, named[label], named, expected)
