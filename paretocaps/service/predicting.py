"""Classifies images that somebody sends, with an exported network."""

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from paretocaps.errors import DataError, MissingError, StateError, TooLargeError, UsageError
from paretocaps.host import host_name

if TYPE_CHECKING:
    from paretocaps.exporting.classifier import Classifier
    from paretocaps.exporting.predict import Prediction
    from paretocaps.storage.store import Store

_OPEN = 4  # networks that stay open
_alone = Lock()  # one thread computes, so that a training on the same machine keeps its processors


@dataclass(frozen=True, kw_only=True)
class PredictLimits:
    """What may be sent to be classified at once.

    Attributes:
        size: bytes of all images together.
        images: how many images.
        pixels: pixels of one image.
    """

    size: int = 32 * 2**20
    images: int = 64
    pixels: int = 50_000_000


class GivenImages:
    """Images that come in, in memory: their names, and the bytes of their files.

    Args:
        limits: what may come.
    """

    def __init__(self, limits: PredictLimits) -> None:
        self._limits = limits
        self._images: list[tuple[str, bytearray]] = []
        self._size = 0

    @property
    def empty(self) -> bool:
        """Whether there are none."""
        return not self._images

    @property
    def images(self) -> list[tuple[str, bytes]]:
        """Their names, and the bytes of their files."""
        return [(name, bytes(content)) for name, content in self._images]

    def open(self, name: str) -> None:
        """Begin with an image, which the bytes that follow are of.

        Raises:
            TooLargeError: there are too many.
        """
        if len(self._images) == self._limits.images:
            raise TooLargeError(f"{self._limits.images} images at most are classified at once: send fewer")
        self._images.append((name or f"image {len(self._images) + 1}", bytearray()))

    def write(self, block: bytes) -> None:
        """Add bytes of the last image.

        Raises:
            TooLargeError: all images together have too many.
        """
        self._size += len(block)
        if self._size > self._limits.size:
            raise TooLargeError(
                f"the images have more than {self._limits.size / 2**20:g} MiB: send fewer or smaller ones"
            )
        self._images[-1][1].extend(block)

    def classified(self, folder: Path, top: int = 3) -> "list[Prediction]":
        """Return the predictions of an exported network, in the order of the images.

        Args:
            folder: the folder of the export.
            top: how many of the highest scores to return.

        Raises:
            UsageError: there are no images, or onnxruntime is not installed.
            DataError: an image or the export cannot be read.
            TooLargeError: an image has too many pixels.
        """
        if not self._images:
            raise UsageError("there are no images to classify: send some")
        with _alone:
            network = _opened(folder, _age(folder))
            return network.classify(self.images, top, self._limits.pixels)


def export_of(study: str, trial: int, store: "Store", folder: Path) -> Path:
    """Return the folder of the latest export of a trial that was submitted to a service.

    Args:
        study: the name of the study.
        trial: the number of the trial.
        store: the database of the service.
        folder: the service's folder.

    Raises:
        StorageError: there is no such study.
        StateError: the trial has no export, or only on another machine.
    """
    from paretocaps.exporting.document import read_document
    from paretocaps.service import queueing

    store.study(study)
    ended = [one for one in queueing.submissions(store, study, all=True) if one.state == "ended"]
    exports = [one for one in ended if one.kind == "export" and "folder" in one.result]
    for one in exports:
        place = folder / str(one.result["folder"])
        with suppress(DataError):  # somebody has removed it, or another service made it
            about = read_document(place).about  # of a submitted training, it names no trial
            if one.result.get("trial", about.trial) == trial:
                return place
    for one in exports:
        if one.result.get("trial") == trial and one.host not in (None, host_name()):
            raise StateError(
                f"the export of trial {trial} of study {study!r} is on host {one.host}, not on this one: ask"
                " the service there"
            )
    raise StateError(
        f"trial {trial} of study {study!r} has no export to predict with: export it first"
        f" (POST /api/v1/studies/{study}/trials/{trial}/export)"
    )


def _age(folder: Path) -> int:
    """Return what is another number for an export that is written anew."""
    from paretocaps.exporting.document import DOCUMENT

    try:
        return (folder / DOCUMENT).stat().st_mtime_ns
    except OSError:
        raise MissingError(f"there is no export in {str(folder)!r}: export the trial again") from None


@lru_cache(_OPEN)
def _opened(folder: Path, age: int) -> "Classifier":
    from paretocaps.exporting.classifier import Classifier

    return Classifier(folder)
