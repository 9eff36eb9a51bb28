"""What computes an export's scores: torch, or onnxruntime. Whichever is not used is not imported."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from paretocaps.errors import DataError, UnknownNameError
from paretocaps.export.document import GRAPH, check_file, read_document
from paretocaps.export.session import Floats, open_graph, run_graph

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
        record = read_document(folder).graph
        if record is None:
            raise DataError(f"export {str(folder)!r} has no {GRAPH}: use --engine torch, or export with it")
        check_file(folder / GRAPH, record.sha256)
        self._session = open_graph(folder / GRAPH)

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
        raise UnknownNameError("engine", name, ENGINES)
    return ENGINES[name](folder)


def faster(
    engines: Sequence[Engine], images: Floats, clock: Callable[[], float] = time.perf_counter
) -> tuple[Engine, dict[str, float]]:
    """Return the engine that takes the least time for `images`, and the seconds of each by name.

    Each computes the scores of two images first, uncounted, so that what it prepares once is not timed.
    """
    seconds = {}
    for engine in engines:
        engine.scores(np.ascontiguousarray(images[:_WARMUP]))
        begin = clock()
        engine.scores(images)
        seconds[engine.name] = clock() - begin
    return min(engines, key=lambda engine: seconds[engine.name]), seconds
