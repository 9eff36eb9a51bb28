"""Writes a network's scores as an ONNX graph for batches of any size, and compares it with torch."""

import json
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from paretocaps.errors import ParetocapsError
from paretocaps.exporting.session import IMAGES, SCORES, open_graph, run_graph
from paretocaps.models.network import Network

LIBRARIES = ("onnx", "onnxscript", "onnxruntime")
"""What writes a graph, for torch, and runs it."""
TOLERANCE = 1e-4
"""The largest difference of a score from torch's that is accepted."""
_EXAMPLES = 3  # images to trace with; with 1 the graph would take batches of 1 only
_BATCH = 64


class _Scores(nn.Module):
    """Computes only the scores of a network, without decoder and labels."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Return [N, O] for images [N, C, H, W]."""
        return self.network.label_scores(images)


def write_graph(path: Path, network: Network, classes: Sequence[str]) -> int:
    """Write the network's scores as an ONNX file; return the version of its operators.

    The input `images` is float32 [N, C, H, W] in [0, 1], the output `scores` is float32 [N, O], and N is any
    number. The metadata `classes` holds the classes' names as JSON. Layers that train with operators of
    their own are traced in their plain form (`torch.compiler.is_exporting`).

    Args:
        path: the file to write.
        network: a network on the CPU, in evaluation mode.
        classes: the classes' names, in the order of the scores.

    Raises:
        ParetocapsError: the exporter cannot express the network.
    """
    example = random_images(network, _EXAMPLES)
    with _quiet(), torch.no_grad():
        try:
            traced = torch.export.export(
                _Scores(network), (example,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},), strict=False
            )
            program = torch.onnx.export(
                traced, dynamo=True, verbose=False, input_names=[IMAGES], output_names=[SCORES]
            )
        except Exception as error:  # the exporter raises errors of many kinds and many lines
            raise ParetocapsError(f"the network cannot be written as ONNX ({_line(error)})") from error
        assert program is not None
        model: Any = program.model_proto
    _forget_origin(model.graph)
    entry = model.metadata_props.add()
    entry.key, entry.value = "classes", json.dumps(list(classes), ensure_ascii=False)
    path.write_bytes(model.SerializeToString())
    return int(model.opset_import[0].version)


@torch.no_grad()
def largest_difference(path: Path, network: Network, images: Tensor) -> float:
    """Return the largest difference of a score of the ONNX file from the network's, on images [N, C, H, W].

    The images are computed in batches of 64, and the first one also as a batch of 1.

    Raises:
        DataError: the file cannot be read.
        ParetocapsError: onnxruntime cannot run it, or a score differs by more than 1e-4 or is not finite.
    """
    session = open_graph(path)
    worst = 0.0
    for batch in (*torch.split(images, _BATCH), images[:1]):
        try:
            found = torch.from_numpy(run_graph(session, batch.contiguous().numpy()))
        except Exception as error:
            raise ParetocapsError(f"onnxruntime cannot run the network ({_line(error)})") from error
        apart = float((found - network.label_scores(batch)).abs().max())
        worst = max(worst, apart) if apart == apart else apart
        if not worst <= TOLERANCE:
            raise ParetocapsError(
                f"the ONNX network's scores differ from torch's by {worst:.2g}, more than {TOLERANCE:g}:"
                " export without it (--no-onnx)"
            )
    return worst


def random_images(network: Network, count: int) -> Tensor:
    """Return random images for the network, float32 [N, C, H, W] in [0, 1], the same in every call."""
    a = network.architecture
    return torch.rand(count, a.channels, a.height, a.width, generator=torch.Generator().manual_seed(0))


def _forget_origin(graph: Any) -> None:
    """Remove the source lines of every part: they have this machine's paths, and are half of the file."""
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the exporter's warnings and logs about its internals."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logging.disable(disabled)


def _line(error: BaseException) -> str:
    """Return the first line of the first error in the chain."""
    while error.__cause__ is not None:
        error = error.__cause__
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
