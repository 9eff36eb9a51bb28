"""Computes an export's scores with torch or onnxruntime, and imports only the one that is used."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np

from paretocaps.errors import DataError, UnknownNameError
from paretocaps.exporting.document import GRAPH, check_file, read_document
from paretocaps.exporting.session import Floats, check_graph, open_graph, run_graph

LOADING = 10.0
"""Seconds of computation up to which a second engine is not worth loading."""
_WARMUP = 2  # images
SERVED_PRECISION = "fp32"
"""The precision in which both engines compute, in full float32, whatever a network was trained in."""


class Engine(ABC):
    """Computes the scores of images."""

    name: ClassVar[str]

    @abstractmethod
    def scores(self, images: Floats) -> Floats:
        """Return scores [N, O] for images [N, C, H, W] in [0, 1]."""


class TorchEngine(Engine):
    """Computes scores with the network itself.

    Raises:
        DataError: as `package.load_export`.
    """

    name = "torch"

    def __init__(self, folder: Path) -> None:
        from paretocaps.exporting.package import load_export

        self._network, _ = load_export(folder)

    def scores(self, images: Floats) -> Floats:
        """Return scores [N, O] for images [N, C, H, W] in [0, 1]."""
        import torch

        with torch.no_grad():
            found: Floats = self._network.label_scores(torch.from_numpy(images)).float().numpy()
        return found


class OnnxEngine(Engine):
    """Computes scores with the ONNX graph, in so many threads, or with 0 in one per core.

    Raises:
        DataError: the export has no graph, or it is damaged or belongs to another network.
    """

    name = "onnx"

    def __init__(self, folder: Path, threads: int = 0) -> None:
        document = read_document(folder)
        record = document.graph
        if record is None:
            raise DataError(f"export {str(folder)!r} has no {GRAPH}: use --engine torch, or export with ONNX")
        check_file(folder / GRAPH, record.sha256)
        self._session = open_graph(folder / GRAPH, threads)
        size = document.channels, document.height, document.width
        check_graph(folder / GRAPH, self._session, size, len(document.about.classes))

    def scores(self, images: Floats) -> Floats:
        """Return scores [N, O] for images [N, C, H, W] in [0, 1]."""
        return run_graph(self._session, images)


ENGINES: dict[str, Callable[[Path], Engine]] = {"torch": TorchEngine, "onnx": OnnxEngine}


def open_engine(name: str, folder: Path) -> Engine:
    """Return the engine called `name` for an export.

    Raises:
        UnknownNameError: there is no such engine.
        DataError: the engine cannot run the export.
    """
    if name not in ENGINES:
        raise UnknownNameError("engine", name, ("auto", *ENGINES))
    return ENGINES[name](folder)


def choose_engine(
    first: Engine,
    load_other: Callable[[], Engine],
    images: Floats,
    left: int,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Engine, str]:
    """Return the faster of two engines, and the reason in words.

    Each engine is timed on a batch, after it computed the scores of two images to warm up. The other engine
    is loaded only where the first would take longer for all images than `LOADING`.

    Args:
        first: the engine that is loaded already.
        load_other: loads the other engine.
        images: a batch, [N, C, H, W].
        left: how many images there are in all.
        clock: returns seconds.
    """
    seconds = _seconds(first, images, clock)
    if seconds * left / len(images) < LOADING:
        return first, f"{len(images) / seconds:.0f} images per second"
    other = load_other()
    theirs = _seconds(other, images, clock)
    timed = ((first, seconds), (other, theirs))
    said = ", ".join(f"{engine.name} {len(images) / took:.0f}" for engine, took in timed)
    return min(timed, key=lambda pair: pair[1])[0], f"images per second: {said}"


def _seconds(engine: Engine, images: Floats, clock: Callable[[], float]) -> float:
    engine.scores(np.ascontiguousarray(images[:_WARMUP]))
    begin = clock()
    engine.scores(images)
    return clock() - begin
