"""What computes an export's scores: torch, or onnxruntime. Whichever is not used is not imported."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np

from paretocaps.errors import DataError, UnknownNameError
from paretocaps.export.document import GRAPH, check_file, read_document
from paretocaps.export.session import Floats, check_graph, open_graph, run_graph

LOADING = 10.0
"""Seconds for which a second engine is not worth loading."""
_WARMUP = 2  # images


class Engine(ABC):
    """Computes the scores of images."""

    name: ClassVar[str]

    @abstractmethod
    def scores(self, images: Floats) -> Floats:
        """Return scores [N, O] for images [N, C, H, W] in [0, 1]."""


class TorchEngine(Engine):
    """The network itself.

    Raises:
        DataError: as `package.load_export`.
    """

    name = "torch"

    def __init__(self, folder: Path) -> None:
        from paretocaps.export.package import load_export

        self._network, _ = load_export(folder)

    def scores(self, images: Floats) -> Floats:
        """Return scores [N, O] for images [N, C, H, W] in [0, 1]."""
        import torch

        with torch.no_grad():
            found: Floats = self._network.scores(torch.from_numpy(images)).float().numpy()
        return found


class OnnxEngine(Engine):
    """The ONNX graph.

    Raises:
        DataError: the export has none, or it is damaged or another's.
    """

    name = "onnx"

    def __init__(self, folder: Path) -> None:
        document = read_document(folder)
        record = document.graph
        if record is None:
            raise DataError(f"export {str(folder)!r} has no {GRAPH}: use --engine torch, or export with it")
        check_file(folder / GRAPH, record.sha256)
        self._session = open_graph(folder / GRAPH)
        size = document.channels, document.height, document.width
        check_graph(folder / GRAPH, self._session, size, len(document.about.classes))

    def scores(self, images: Floats) -> Floats:
        """Return scores [N, O] for images [N, C, H, W] in [0, 1]."""
        return run_graph(self._session, images)


ENGINES = {"torch": TorchEngine, "onnx": OnnxEngine}


def open_engine(name: str, folder: Path) -> Engine:
    """Return the engine called `name` for an export.

    Raises:
        UnknownNameError: no such engine.
        DataError: the export cannot be run by it.
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
    """Return which of two engines to compute with, and why, in words.

    Each computes a batch, and before that the scores of two images, uncounted, so that what it prepares
    once is not timed. The other is loaded only where the first would take longer for what is left than
    loading the other takes.

    Args:
        first: one that is loaded.
        load_other: loads the other.
        images: a batch, [N, C, H, W].
        left: how many images there are in all.
        clock: seconds.
    """
    seconds = _seconds(first, images, clock)
    if seconds * left / len(images) < LOADING:
        return first, f"{len(images) / seconds:.0f} images a second"
    other = load_other()
    theirs = _seconds(other, images, clock)
    timed = ((first, seconds), (other, theirs))
    said = ", ".join(f"{engine.name} {len(images) / took:.0f}" for engine, took in timed)
    return min(timed, key=lambda pair: pair[1])[0], f"images a second: {said}"


def _seconds(engine: Engine, images: Floats, clock: Callable[[], float]) -> float:
    engine.scores(np.ascontiguousarray(images[:_WARMUP]))
    begin = clock()
    engine.scores(images)
    return clock() - begin
